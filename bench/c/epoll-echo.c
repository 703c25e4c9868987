/* About what one core can do: epoll, non-blocking, one buffer for all that keep up. */
#include "bench.h"
#include <sys/epoll.h>

enum { BUFFER_BYTES = 65536, EVENTS = 512, DESCRIPTORS = 65536 };

/* What a peer has not read yet; while there is any, nothing more is read from it. */
struct unsent {
  char *bytes;
  size_t length;
};

static struct unsent unsent[DESCRIPTORS];
static char buffer[BUFFER_BYTES];
static int epoll;

static void watch(int operation, int descriptor, uint32_t events) {
  struct epoll_event event = {.events = events, .data.fd = descriptor};
  epoll_ctl(epoll, operation, descriptor, &event);
}

static void drop(int connection) {
  free(unsent[connection].bytes);
  unsent[connection] = (struct unsent){0};
  close(connection);
}

static void accept_all(int listener) {
  int connection;
  while ((connection = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    set_option(connection, IPPROTO_TCP, TCP_NODELAY, 1);
    if (connection < DESCRIPTORS) watch(EPOLL_CTL_ADD, connection, EPOLLIN);
    else close(connection);
  }
}

static void keep(int connection, const char *bytes, size_t length) {
  unsent[connection] = (struct unsent){malloc(length), length};
  memcpy(unsent[connection].bytes, bytes, length);
  watch(EPOLL_CTL_MOD, connection, EPOLLOUT);
}

static void echo(int connection) {
  ssize_t got = read(connection, buffer, sizeof buffer);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) return drop(connection);
  ssize_t wrote = send(connection, buffer, got, MSG_NOSIGNAL);
  if (wrote < 0 && errno != EAGAIN) return drop(connection);
  if (wrote < 0) wrote = 0;
  if (wrote < got) keep(connection, buffer + wrote, got - wrote);
}

static void send_rest(int connection) {
  struct unsent *rest = &unsent[connection];
  ssize_t wrote = send(connection, rest->bytes, rest->length, MSG_NOSIGNAL);
  if (wrote < 0 && errno == EAGAIN) return;
  if (wrote < 0) return drop(connection);
  rest->length -= wrote;
  memmove(rest->bytes, rest->bytes + wrote, rest->length);
  if (rest->length > 0) return;
  free(rest->bytes);
  *rest = (struct unsent){0};
  watch(EPOLL_CTL_MOD, connection, EPOLLIN);
}

int main(void) {
  int listener = serve(SOCK_STREAM, "tcp");
  set_non_blocking(listener);
  epoll = checked(epoll_create1(0), "epoll_create1");
  watch(EPOLL_CTL_ADD, listener, EPOLLIN);
  struct epoll_event events[EVENTS];
  for (;;) {
    int count = epoll_wait(epoll, events, EVENTS, -1);
    for (int i = 0; i < count; i++) {
      int descriptor = events[i].data.fd;
      if (descriptor == listener) accept_all(listener);
      else if (unsent[descriptor].bytes) send_rest(descriptor);
      else echo(descriptor);
    }
  }
}
