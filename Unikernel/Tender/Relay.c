// The control channel's way through the tender: frames of a four-byte little-endian length and that many bytes, in both
// directions, between the image and one connection at a time. Only whole frames are passed to the image, so that a control
// plane that dies in the middle of one cannot leave half a message behind; what the image says while nobody is connected
// waits, up to a bound, and then waits in the image.
//
// Who is connected stays it: a second connection is closed at once, and the image told, which reports it. Only where nobody
// is connected any more can another take its place, of this user; the image is told of that as well, says nothing until a
// message came that is signed and new, and only then does the connection get what waited.
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
#include <time.h>
#include <unistd.h>

#include "../Sources/CRuntime/include/CRuntime.h"

enum { TO_IMAGE_LIMIT = (16 << 20) + 8, FROM_IMAGE_LIMIT = 512 << 10, STEP = 65536 };
// What is read of an image beyond that until the connection has proved itself: all that can wait in the image, and answers.
enum { UNPROVED_LIMIT = FROM_IMAGE_LIMIT + (1 << 20) };

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

struct channel {
  int connection;  // -1: nobody
  int is_proved;   // a message from it was accepted, or it was there from the start
  int unanswered;  // how often the image was told that the other end changed, and has not answered
  struct buffer incoming, outgoing;
  size_t passing;  // bytes of incoming that belong to whole frames and may go to the image
  size_t seen;     // bytes of outgoing that belong to whole frames that were looked at
  size_t resumed;  // bytes of the first outgoing frame that the connection has got already
  time_t noticed;  // when the image was last told that somebody was turned away
};

// Half a frame of a connection that is gone is nobody's.
static void disconnect(struct channel *channel) {
  if (channel->connection >= 0) close(channel->connection);
  channel->connection = -1;
  channel->is_proved = 0;
  channel->incoming.end = channel->incoming.start + channel->passing;
  channel->resumed = 0;
}

// A word of the tender's own to the image, behind all whole frames.
static int tell(struct channel *channel, uint8_t word) {
  const uint8_t frame[5] = {1, 0, 0, 0, word};
  if (!reserve(&channel->incoming, sizeof frame)) return 0;
  uint8_t *at = channel->incoming.bytes + channel->incoming.start + channel->passing;
  memmove(at + sizeof frame, at, held(&channel->incoming) - channel->passing);
  memcpy(at, frame, sizeof frame);
  channel->incoming.end += sizeof frame;
  channel->passing += sizeof frame;
  return 1;
}

static time_t seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

static void turn_away(struct channel *channel, int newer) {
  close(newer);
  // Once a second says as much as each time.
  if (channel->noticed == seconds() || !tell(channel, TESTUDO_CONTROL_TURNED_AWAY)) return;
  channel->noticed = seconds();
}

static void greet(struct channel *channel, int newer) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  struct pollfd present = {.fd = channel->connection, .events = 0};
  // A control plane that has ended may not have been noticed yet.
  if (channel->connection >= 0 && poll(&present, 1, 0) > 0 && present.revents & (POLLHUP | POLLERR)) disconnect(channel);
  if (getsockopt(newer, SOL_SOCKET, SO_PEERCRED, &peer, &size) || peer.uid != geteuid() ||
      (channel->connection >= 0 && channel->is_proved)) {
    turn_away(channel, newer);
    return;
  }
  // Who has not proved itself yet does not keep the control plane out.
  int displaced = channel->connection;
  channel->connection = -1;
  disconnect(channel);
  if (displaced >= 0) turn_away(channel, displaced);
  if (!tell(channel, TESTUDO_CONTROL_CHANGED)) {
    close(newer);
    return;
  }
  channel->unanswered += 1;
  channel->connection = newer;
}

// Looks at whole frames of the image: empty ones are for the tender, and the first one behind them is the proof.
static void look(struct channel *channel) {
  struct buffer *outgoing = &channel->outgoing;
  for (;;) {
    struct buffer rest = *outgoing;
    rest.start += channel->seen;
    size_t frame = first_frame(&rest);
    if (!frame || held(&rest) < frame) return;
    if (frame == 4) {
      memmove(outgoing->bytes + rest.start, outgoing->bytes + rest.start + 4, held(&rest) - 4);
      outgoing->end -= 4;
      if (channel->unanswered > 0) channel->unanswered -= 1;
      continue;
    }
    if (channel->unanswered == 0 && channel->connection >= 0) channel->is_proved = 1;
    channel->seen += frame;
  }
}

// Takes what the connection sends apart into frames; 0 if it does not keep to the form.
static int take(struct channel *channel) {
  struct buffer rest = channel->incoming;
  rest.start += channel->passing;
  size_t frame;
  for (; (frame = first_frame(&rest)); rest.start += frame) {
    // As short as this, it would be the tender's own word.
    if (frame < 4 + 2 || frame > TO_IMAGE_LIMIT) return 0;
    if (held(&rest) < frame) return 1;
    channel->passing += frame;
  }
  return 1;
}

// Sends the image what is for it; 0 if it is gone.
static int pass(struct channel *channel, int image) {
  struct buffer *incoming = &channel->incoming;
  ssize_t count = send(image, incoming->bytes + incoming->start, channel->passing, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  incoming->start += (size_t)count;
  channel->passing -= (size_t)count;
  return 1;
}

static void deliver(struct channel *channel) {
  struct buffer *outgoing = &channel->outgoing;
  while (channel->connection >= 0 && channel->is_proved && channel->seen > 0) {
    size_t frame = first_frame(outgoing);
    ssize_t count = send(
        channel->connection, outgoing->bytes + outgoing->start + channel->resumed, frame - channel->resumed,
        MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0) return;
    channel->resumed += (size_t)count;
    if (channel->resumed < frame) return;
    outgoing->start += frame;
    channel->seen -= frame;
    channel->resumed = 0;
  }
}

static long long milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

// Tells the image to exit, and gives it a while.
static void end_image(struct channel *channel, int image) {
  long long end = milliseconds() + TIME_TO_EXIT, left;
  if (!tell(channel, TESTUDO_CONTROL_END)) return;
  while ((left = end - milliseconds()) > 0) {
    struct pollfd polled = {.fd = image, .events = (short)(POLLIN | (channel->passing ? POLLOUT : 0))};
    if (poll(&polled, 1, (int)left) < 0 && errno != EINTR) return;
    if (polled.revents & POLLOUT && !pass(channel, image)) return;
    if (polled.revents & POLLIN) {
      // What it says now nobody waits for.
      channel->outgoing.start = channel->outgoing.end = channel->seen = channel->resumed = 0;
      if (!fill(image, &channel->outgoing)) return;
    } else if (polled.revents & (POLLHUP | POLLERR)) {
      return;
    }
  }
}

int relay(int image, int listener, int connection) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  int terminated = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  // Who starts an image has its channel.
  struct channel channel = {.connection = connection, .is_proved = 1, .noticed = -1};
  if (connection >= 0) fcntl(connection, F_SETFL, fcntl(connection, F_GETFL) | O_NONBLOCK);

  for (;;) {
    int wants_more = channel.connection >= 0 && held(&channel.incoming) < TO_IMAGE_LIMIT;
    int may_send = channel.connection >= 0 && channel.is_proved && channel.seen > 0;
    size_t limit = channel.connection >= 0 && !channel.is_proved ? UNPROVED_LIMIT : FROM_IMAGE_LIMIT;
    struct pollfd polled[4] = {
        {.fd = image,
         .events = (short)((held(&channel.outgoing) < limit ? POLLIN : 0) | (channel.passing ? POLLOUT : 0))},
        {.fd = listener, .events = POLLIN},
        {.fd = channel.connection, .events = (short)((wants_more ? POLLIN : 0) | (may_send ? POLLOUT : 0))},
        {.fd = terminated, .events = POLLIN},
    };
    if (poll(polled, 4, -1) < 0 && errno != EINTR) break;
    if (polled[3].revents) {
      end_image(&channel, image);
      break;
    }

    if (polled[0].revents & POLLIN) {
      if (!fill(image, &channel.outgoing)) break;
      look(&channel);
    } else if (polled[0].revents & (POLLHUP | POLLERR)) {
      break;
    }
    if (polled[2].revents & POLLIN) {
      if (!fill(channel.connection, &channel.incoming) || !take(&channel)) disconnect(&channel);
    } else if (polled[2].revents & (POLLHUP | POLLERR)) {
      disconnect(&channel);
    }
    if (polled[1].revents & POLLIN) {
      int newer = accept4(listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (newer >= 0) greet(&channel, newer);
    }
    if (channel.passing && !pass(&channel, image)) break;
    deliver(&channel);
  }
  // Last words: `failed` and the like are said just before the image ends.
  while (fill(image, &channel.outgoing) && errno != EAGAIN && held(&channel.outgoing) < FROM_IMAGE_LIMIT) {
  }
  look(&channel);
  deliver(&channel);
  close(terminated);
  free(channel.incoming.bytes);
  free(channel.outgoing.bytes);
  return channel.connection;
}
