import Glibc
import Hosting

/// A small stand-in for the tender and an image in one, that follows the tender's contract. The first word of the
/// image's file says how it behaves: `serve`, `crash` (ends right after the boot message), `mute` (never answers) or
/// `stubborn` (does not end when asked).
enum FakeTender {
  /// The program, compiled once; `nil` where this machine has no C compiler.
  static let program: String? = {
    let folder = TestFolder.make("tender")
    let source = folder + "/tender.c"
    TestFolder.write(source, Array(text.utf8))
    let result = TestFolder.run("cc -O1 -o \(folder)/tender \(source) || clang -O1 -o \(folder)/tender \(source)")
    atexit { TestFolder.removeAll() }
    return result == 0 ? folder + "/tender" : nil
  }()

  private static let text = #"""
    #define _GNU_SOURCE
    #include <fcntl.h>
    #include <poll.h>
    #include <signal.h>
    #include <stdint.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/prctl.h>
    #include <sys/signalfd.h>
    #include <sys/socket.h>
    #include <sys/un.h>
    #include <sys/wait.h>
    #include <unistd.h>

    static void put(const char *name, const char *text) {
      char part[64];
      snprintf(part, sizeof part, "%s.part", name);
      FILE *file = fopen(part, "w");
      fputs(text, file);
      fclose(file);
      rename(part, name);
    }

    static int exactly(int descriptor, uint8_t *bytes, size_t count) {
      while (count > 0) {
        ssize_t got = read(descriptor, bytes, count);
        if (got <= 0) return 0;
        bytes += got;
        count -= (size_t)got;
      }
      return 1;
    }

    static uint8_t out[256];
    static void report(int descriptor, uint32_t length) {
      memcpy(out, &length, 4);
      if (write(descriptor, out, length + 4) < 0) _exit(9);
    }
    static uint32_t text(uint32_t at, const char *value) {
      uint32_t length = (uint32_t)strlen(value);
      memcpy(out + at, &length, 4);
      memcpy(out + at + 4, value, length);
      return at + 4 + length;
    }

    static void image(const char *mode, int channel, int tap) {
      static uint8_t frame[1 << 20];
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      for (;;) {
        struct pollfd ready[2] = {{channel, POLLIN, 0}, {tap, POLLIN, 0}};
        poll(ready, 2, -1);
        if (ready[1].revents) {
          // An ARP request on the TAP, behind a virtio-net header, becomes an event.
          if (read(tap, frame, 2048) > 24 && frame[22] == 8 && frame[23] == 6) {
            uint32_t at = 5;
            out[4] = 6;
            at = text(at, "tap");
            at = text(at, "arp");
            out[at++] = 1;
            memset(out + at, 0, 8);
            at += 8;
            out[at++] = 6;
            memset(out + at, 0, 4);
            report(channel, at);
          }
        }
        if (!ready[0].revents) continue;
        uint32_t length;
        if (!exactly(channel, (uint8_t *)&length, 4) || length > sizeof frame || !exactly(channel, frame, length)) _exit(7);
        if (strncmp(mode, "crash", 5) == 0) _exit(3);
        if (strncmp(mode, "mute", 4) == 0) continue;
        memcpy(out + 5, frame + 21, 8);
        switch (frame[4]) {
        case 1:
          out[4] = 1;
          out[13] = 1, out[14] = out[15] = out[16] = 0;
          report(channel, text(17, "firewall") - 4);
          break;
        case 2: out[4] = 2; memset(out + 13, 0, 4); report(channel, 13); break;
        case 3: out[4] = 4; report(channel, 1); _exit(0);
        default: out[4] = 3; report(channel, text(13, "not here") - 4);
        }
      }
    }

    int main(int count, char **arguments) {
      if (count != 6 || chdir(arguments[1]) != 0) return 2;
      int tap = atoi(arguments[3]), connection = atoi(arguments[4]);
      char mode[16] = {0}, number[32];
      int file = open(arguments[2], O_RDONLY);
      if (file < 0 || read(file, mode, 15) < 0) return 2;
      close(file);
      for (int other = 5; other < 64; other += 1) {
        if (fcntl(other, F_GETFD) >= 0) { fprintf(stderr, "descriptor %d is open\n", other); return 2; }
      }
      sigset_t signals;
      sigemptyset(&signals);
      sigaddset(&signals, SIGTERM);
      sigaddset(&signals, SIGCHLD);
      sigprocmask(SIG_BLOCK, &signals, NULL);
      int events = signalfd(-1, &signals, SFD_CLOEXEC);
      snprintf(number, sizeof number, "%d\n", getpid());
      put("tender.pid", number);
      int pair[2];
      socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
      struct sockaddr_un address = {AF_UNIX, "control.sock"};
      int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      bind(listener, (struct sockaddr *)&address, sizeof address);
      listen(listener, 4);
      fprintf(stderr, "tender is up\n");
      pid_t child = fork();
      if (child == 0) {
        close(connection);
        close(listener);
        close(pair[0]);
        image(mode, pair[1], tap);
      }
      close(pair[1]);
      close(tap);
      static uint8_t buffer[1 << 16];
      file = open("boot", O_RDONLY);
      ssize_t length = read(file, buffer + 4, sizeof buffer - 4);
      close(file);
      uint32_t size = (uint32_t)length;
      memcpy(buffer, &size, 4);
      if (write(pair[0], buffer, size + 4) != length + 4) return 2;
      snprintf(number, sizeof number, "%d\n", child);
      put("pid", number);
      for (;;) {
        struct pollfd ready[4] = {{pair[0], POLLIN, 0}, {connection, POLLIN, 0}, {listener, POLLIN, 0}, {events, POLLIN, 0}};
        poll(ready, 4, -1);
        if (ready[0].revents) {
          length = read(pair[0], buffer, sizeof buffer);
          if (length > 0 && connection >= 0 && write(connection, buffer, (size_t)length) < 0) return 4;
        }
        if (connection >= 0 && ready[1].revents) {
          length = read(connection, buffer, sizeof buffer);
          if (length <= 0) {
            close(connection);
            connection = -1;
          } else if (write(pair[0], buffer, (size_t)length) < 0) {
            continue;
          }
        }
        if (ready[2].revents) {
          if (connection >= 0) close(connection);
          connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        }
        if (ready[3].revents) {
          struct signalfd_siginfo information;
          if (read(events, &information, sizeof information) < 0) return 4;
          if (information.ssi_signo == SIGTERM && strncmp(mode, "stubborn", 8) != 0) kill(child, SIGKILL);
          int status;
          if (waitpid(child, &status, WNOHANG) == child) {
            while ((length = recv(pair[0], buffer, sizeof buffer, MSG_DONTWAIT)) > 0) {
              if (connection >= 0 && write(connection, buffer, (size_t)length) < 0) break;
            }
            snprintf(number, sizeof number, WIFEXITED(status) ? "status %d\n" : "signal %d\n",
                     WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
            put("exit", number);
            unlink("control.sock");
            return 0;
          }
        }
      }
    }
    """#
}
