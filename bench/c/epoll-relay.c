/* About what one core can do: epoll, and all that was said in a turn goes to each listener in one
 * writev. Who leaves more than 256 KiB unread is dropped. */
#include "bench.h"
#include <signal.h>
#include <sys/epoll.h>
#include <sys/uio.h>

enum { EVENTS = 512, CLIENTS = 4096, TURN_BYTES = 65536, READ_BYTES = 4096, UNREAD_BYTES = 262144 };
enum { MOST_SAID = TURN_BYTES / READ_BYTES, LISTENER = CLIENTS };

struct client {
  int descriptor;
  char *unsent;
  size_t unsent_length;
};

/* Who said which bytes of the turn. */
struct piece {
  int from;
  size_t start, end;
};

static struct client clients[CLIENTS];
static int client_count, epoll;
static char said[TURN_BYTES];
static struct piece pieces[MOST_SAID];

static void watch(int operation, int descriptor, uint32_t events, int index) {
  struct epoll_event event = {.events = events, .data.u32 = (uint32_t)index};
  epoll_ctl(epoll, operation, descriptor, &event);
}

static void admit_all(int listener) {
  int descriptor;
  while ((descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    int index = 0;
    while (index < client_count && clients[index].descriptor != -1) index++;
    if (index == CLIENTS) {
      close(descriptor);
      continue;
    }
    if (index == client_count) client_count++;
    set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
    clients[index] = (struct client){.descriptor = descriptor};
    watch(EPOLL_CTL_ADD, descriptor, EPOLLIN, index);
  }
}

static void drop(struct client *client) {
  close(client->descriptor);
  free(client->unsent);
  *client = (struct client){.descriptor = -1};
}

/* Keeps what the kernel did not take of these pieces. */
static void keep(int index, const struct iovec *vectors, int count, size_t taken) {
  struct client *client = &clients[index];
  if (!client->unsent) client->unsent = malloc(UNREAD_BYTES);
  for (int i = 0; i < count; i++) {
    size_t skipped = taken < vectors[i].iov_len ? taken : vectors[i].iov_len;
    size_t length = vectors[i].iov_len - skipped;
    taken -= skipped;
    if (client->unsent_length + length > UNREAD_BYTES) return drop(client);
    memcpy(client->unsent + client->unsent_length, (char *)vectors[i].iov_base + skipped, length);
    client->unsent_length += length;
  }
  watch(EPOLL_CTL_MOD, client->descriptor, EPOLLIN | EPOLLOUT, index);
}

/* All of the turn but what this client said itself; neighbours are one vector. */
static int heard_by(int index, int piece_count, struct iovec *vectors) {
  int count = 0;
  size_t end_of_last = 0;
  for (int i = 0; i < piece_count; i++) {
    size_t length = pieces[i].end - pieces[i].start;
    if (pieces[i].from == index) continue;
    if (count > 0 && end_of_last == pieces[i].start) vectors[count - 1].iov_len += length;
    else vectors[count++] = (struct iovec){said + pieces[i].start, length};
    end_of_last = pieces[i].end;
  }
  return count;
}

static void deliver(int index, int piece_count) {
  struct client *client = &clients[index];
  struct iovec vectors[MOST_SAID];
  int count = heard_by(index, piece_count, vectors);
  if (client->descriptor == -1 || count == 0) return;
  if (client->unsent_length > 0) return keep(index, vectors, count, 0);
  size_t length = 0;
  for (int i = 0; i < count; i++) length += vectors[i].iov_len;
  ssize_t wrote = writev(client->descriptor, vectors, count);
  if (wrote < 0 && errno != EAGAIN) return drop(client);
  if (wrote < (ssize_t)length) keep(index, vectors, count, wrote < 0 ? 0 : wrote);
}

static void send_rest(int index) {
  struct client *client = &clients[index];
  ssize_t wrote = send(client->descriptor, client->unsent, client->unsent_length, MSG_NOSIGNAL);
  if (wrote < 0 && errno != EAGAIN) return drop(client);
  if (wrote < 0) return;
  client->unsent_length -= wrote;
  memmove(client->unsent, client->unsent + wrote, client->unsent_length);
  if (client->unsent_length == 0) watch(EPOLL_CTL_MOD, client->descriptor, EPOLLIN, index);
}

/* The end of the turn's bytes after what this client says now. */
static size_t listen_to(int index, int piece, size_t start) {
  ssize_t got = read(clients[index].descriptor, said + start, READ_BYTES);
  if (got == 0 || (got < 0 && errno != EAGAIN)) drop(&clients[index]);
  if (got < 0) got = 0;
  pieces[piece] = (struct piece){index, start, start + got};
  return start + got;
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  int listener = serve(SOCK_STREAM, "tcp");
  set_non_blocking(listener);
  epoll = checked(epoll_create1(0), "epoll_create1");
  watch(EPOLL_CTL_ADD, listener, EPOLLIN, LISTENER);
  struct epoll_event events[EVENTS];
  for (;;) {
    int ready = epoll_wait(epoll, events, EVENTS, -1), piece_count = 0;
    size_t end = 0;
    for (int i = 0; i < ready; i++) {
      int index = (int)events[i].data.u32;
      if (index == LISTENER) admit_all(listener);
      else if (clients[index].descriptor == -1) continue;
      else if (events[i].events & EPOLLOUT) send_rest(index);
      else if (piece_count < MOST_SAID) end = listen_to(index, piece_count++, end);
    }
    for (int i = 0; i < client_count && end > 0; i++) deliver(i, piece_count);
  }
}
