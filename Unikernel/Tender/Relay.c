// The control channel's way through the tender: frames of a four-byte little-endian length and that many bytes, in both
// directions, between the image and one connection at a time. Only whole frames are passed to the image, so that a control
// plane that dies in the middle of one cannot leave half a message behind; what the image says while nobody is connected
// waits, up to a bound, and then waits in the image.
#include "tender.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TO_IMAGE_LIMIT = (16 << 20) + 8, FROM_IMAGE_LIMIT = 512 << 10, STEP = 65536 };

struct buffer {
  uint8_t *bytes;
  size_t start, end, capacity;
};

static size_t held(const struct buffer *buffer) { return buffer->end - buffer->start; }

static int reserve(struct buffer *buffer, size_t more) {
  if (buffer->start == buffer->end) buffer->start = buffer->end = 0;
  if (buffer->capacity - buffer->end >= more) return 1;
  if (buffer->start > 0) {
    memmove(buffer->bytes, buffer->bytes + buffer->start, held(buffer));
    buffer->end -= buffer->start;
    buffer->start = 0;
    if (buffer->capacity - buffer->end >= more) return 1;
  }
  size_t capacity = buffer->end + more;
  uint8_t *grown = realloc(buffer->bytes, capacity);
  if (!grown) return 0;
  buffer->bytes = grown;
  buffer->capacity = capacity;
  return 1;
}

// The length of the first frame with its four bytes of length, 0 while that is not known.
static size_t first_frame(const struct buffer *buffer) {
  if (held(buffer) < 4) return 0;
  const uint8_t *at = buffer->bytes + buffer->start;
  return 4 + ((size_t)at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16 | (size_t)at[3] << 24);
}

// Reads once. 1: something came or nothing was there; 0: the other end is gone.
static int fill(int descriptor, struct buffer *buffer) {
  if (!reserve(buffer, STEP)) return 0;
  ssize_t count = read(descriptor, buffer->bytes + buffer->end, STEP);
  if (count > 0) buffer->end += (size_t)count;
  return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

void relay(int image, int listener, int connection, pid_t child) {
  (void)child;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  int terminated = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  struct buffer incoming = {0}, outgoing = {0};
  size_t passing = 0;   // bytes of incoming that belong to whole frames and may go to the image
  size_t resumed = 0;   // bytes of the first outgoing frame that the present connection has got already
  if (connection >= 0) fcntl(connection, F_SETFL, fcntl(connection, F_GETFL) | O_NONBLOCK);

  for (;;) {
    int wants_more = connection >= 0 && held(&incoming) < TO_IMAGE_LIMIT;
    int may_send = connection >= 0 && first_frame(&outgoing) && held(&outgoing) >= first_frame(&outgoing);
    struct pollfd polled[4] = {
        {.fd = image,
         .events = (short)((held(&outgoing) < FROM_IMAGE_LIMIT ? POLLIN : 0) | (passing ? POLLOUT : 0))},
        {.fd = listener, .events = POLLIN},
        {.fd = connection, .events = (short)((wants_more ? POLLIN : 0) | (may_send ? POLLOUT : 0))},
        {.fd = terminated, .events = POLLIN},
    };
    if (poll(polled, 4, -1) < 0 && errno != EINTR) break;
    if (polled[3].revents) break;

    if (polled[0].revents & POLLIN) {
      if (!fill(image, &outgoing)) break;
    } else if (polled[0].revents & (POLLHUP | POLLERR)) {
      break;
    }
    if (polled[1].revents & POLLIN) {
      int newer = accept4(listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (newer >= 0) {
        if (connection >= 0) close(connection);
        connection = newer;
        // The new connection starts with a whole frame, and half a frame of the old one is nobody's.
        incoming.end = incoming.start + passing;
        resumed = 0;
        continue;
      }
    }
    if (connection >= 0 && polled[2].revents & POLLIN) {
      if (!fill(connection, &incoming)) {
        close(connection);
        connection = -1;
        incoming.end = incoming.start + passing;
        resumed = 0;
      }
    } else if (connection >= 0 && polled[2].revents & (POLLHUP | POLLERR)) {
      close(connection);
      connection = -1;
      resumed = 0;
    }

    // Which bytes are whole frames now?
    struct buffer rest = incoming;
    rest.start += passing;
    for (size_t frame; (frame = first_frame(&rest)) && held(&rest) >= frame; rest.start += frame) passing += frame;
    if (first_frame(&rest) > TO_IMAGE_LIMIT && connection >= 0) {
      close(connection);
      connection = -1;
      incoming.end = incoming.start + passing;
    }
    if (passing) {
      ssize_t count = send(image, incoming.bytes + incoming.start, passing, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count > 0) {
        incoming.start += (size_t)count;
        passing -= (size_t)count;
      } else if (count < 0 && errno != EAGAIN && errno != EINTR) {
        break;
      }
    }
    while (connection >= 0) {
      size_t frame = first_frame(&outgoing);
      if (!frame || held(&outgoing) < frame) break;
      ssize_t count = send(
          connection, outgoing.bytes + outgoing.start + resumed, frame - resumed, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count < 0) break;
      resumed += (size_t)count;
      if (resumed < frame) break;
      outgoing.start += frame;
      resumed = 0;
    }
  }
  // Last words: `failed` and the like are said just before the image ends.
  if (connection >= 0) {
    while (fill(image, &outgoing) && errno != EAGAIN && held(&outgoing) < FROM_IMAGE_LIMIT) {
    }
    if (held(&outgoing) > resumed)
      (void)!send(
          connection, outgoing.bytes + outgoing.start + resumed, held(&outgoing) - resumed,
          MSG_NOSIGNAL | MSG_DONTWAIT);
    close(connection);
  }
  close(terminated);
  free(incoming.bytes);
  free(outgoing.bytes);
}
