// The tender: starts one image as a sandboxed process and stays beside it.
//
//   tender INSTANCE-FOLDER IMAGE TAP-DESCRIPTOR CONNECTION-DESCRIPTOR MEMORY-BYTES [EMULATOR ACCELERATOR]
//   tender probe EMULATOR PROBE-IMAGE
//
// The child maps the image, drops every privilege and descriptor it does not need, and becomes it: none of the tender's
// code stays mapped there (Sandbox.c). Where an emulator is named, the image is one of the microvm target, and the child
// becomes QEMU, which runs it as a virtual machine (Machine.c). The parent relays the control channel (Relay.c), so that the image lives on when
// the control plane is restarted, writes down how the image ended, and cleans up.
//
// In the instance's folder: reads `boot`; makes `control.sock`, `console.log`, `pid`, `tender.pid` and, at the end, `exit`.
#include "tender.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../Sources/CMicroVMPlatform/include/CMicroVMPlatform.h"

void fail(const char *what) {
  dprintf(2, "tender: %s: %s\n", what, strerror(errno));
  _exit(3);
}

static void write_file(const char *name, const char *text) {
  char temporary[64];
  snprintf(temporary, sizeof temporary, "%s.new", name);
  int file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return;
  ssize_t written = write(file, text, strlen(text));
  close(file);
  if (written == (ssize_t)strlen(text)) rename(temporary, name);
}

static void write_number(const char *name, long number) {
  char text[32];
  snprintf(text, sizeof text, "%ld\n", number);
  write_file(name, text);
}

static int open_listener(void) {
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  // A relative name: the folder's own path may be longer than a socket's address can be.
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "control.sock"};
  unlink("control.sock");
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) || chmod("control.sock", 0600) ||
      listen(listener, 4))
    fail("control.sock");
  return listener;
}

// The image expects a virtio-net header before each frame (Network/VirtioNetHeader.swift).
static void check_tap(int tap) {
  struct ifreq request;
  if (ioctl(tap, TUNGETIFF, &request) == 0 && !(request.ifr_flags & IFF_VNET_HDR)) {
    errno = EINVAL;
    fail("the TAP was not opened with IFF_VNET_HDR");
  }
}

static void describe_end(int status, int is_machine, char *text, size_t size) {
  int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (is_machine && code >= 2 * TESTUDO_EXIT_BASE + 1 && code % 2 == 1)
    snprintf(text, size, "exited with status %d\n", (code - 1) / 2 - TESTUDO_EXIT_BASE);
  else if (is_machine && code == 0)
    snprintf(text, size, "the machine was reset\n");
  else if (is_machine && code > 0)
    snprintf(text, size, "the emulator failed with status %d: the console says why\n", code);
  else if (WIFEXITED(status))
    snprintf(text, size, "exited with status %d\n", WEXITSTATUS(status));
  else if (WTERMSIG(status) == SIGSYS)
    snprintf(text, size, "killed by the sandbox: a system call that is not allowed\n");
  else
    snprintf(text, size, "killed by signal %d (%s)\n", WTERMSIG(status), strsignal(WTERMSIG(status)));
}

int main(int count, char **arguments) {
  if (count == 4 && !strcmp(arguments[1], "probe")) {
    // Which accelerator works; nothing where none does.
    int is_kvm = access("/dev/kvm", R_OK | W_OK) == 0 && probe_machine(arguments[2], arguments[3], 1);
    if (is_kvm || probe_machine(arguments[2], arguments[3], 0)) dprintf(1, "%s\n", is_kvm ? "kvm" : "tcg");
    return 0;
  }
  if (count != 6 && count != 8) {
    dprintf(
        2, "usage: tender INSTANCE-FOLDER IMAGE TAP-DESCRIPTOR CONNECTION-DESCRIPTOR MEMORY-BYTES "
           "[EMULATOR ACCELERATOR]\n");
    return 2;
  }
  int image = open(arguments[2], O_RDONLY | O_CLOEXEC);
  if (image < 0) fail(arguments[2]);
  if (chdir(arguments[1])) fail(arguments[1]);
  int tap = atoi(arguments[3]), connection = atoi(arguments[4]);
  check_tap(tap);
  unsigned long long memory = strtoull(arguments[5], 0, 10);

  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, 0);
  signal(SIGPIPE, SIG_IGN);

  int log = open("console.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  int boot = open("boot", O_RDONLY | O_CLOEXEC);
  if (log < 0) fail("console.log");
  if (boot < 0) fail("boot");
  int listener = open_listener();
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair)) fail("socketpair");

  pid_t tender = getpid();
  struct sandbox sandbox = {
      .image = image, .boot = boot, .tap = tap, .control = pair[1], .console = log, .memory = memory, .tender = tender};
  int is_machine = count == 8;
  struct machine machine = {0};
  if (is_machine) {
    machine = (struct machine){arguments[6], arguments[7], machine_memory(&sandbox)};
    memory = machine.memory + EMULATOR_MEMORY;
  }
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0 && is_machine) become_machine(&sandbox, &machine);
  if (child == 0) become_image(&sandbox);
  close(pair[1]);
  close(tap);
  close(image);
  close(boot);
  int limited = limit_resources(child, memory);
  if (!limited) dprintf(log, "tender: no control group is writable here; memory is bounded by the heap's size only\n");
  write_number("tender.pid", tender);
  write_number("pid", child);

  connection = relay(pair[0], listener, connection);

  // An image that closed its end is about to exit; what does not is killed.
  int status = 0;
  for (int waited = 0; waitpid(child, &status, WNOHANG) != child; waited += 5) {
    if (waited >= TIME_TO_EXIT) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      break;
    }
    usleep(5000);
  }
  char text[128];
  describe_end(status, is_machine, text, sizeof text);
  write_file("exit", text);
  // Only now is the end seen at the other side, which then finds how it came.
  if (connection >= 0) close(connection);
  release_limits(child);
  unlink("control.sock");
  return 0;
}
