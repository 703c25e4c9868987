/* udp-load PORT WARM-UP SECONDS WINDOW BYTES: as fast as replies arrive, with WINDOW datagrams
 * unanswered; what is not back after 50 ms counts as lost, and others go out in its place. */
#include "load.h"

enum { BATCH = 64, LARGEST = 2048 };

static char out[BATCH][LARGEST], in[BATCH][LARGEST];
static struct iovec out_vectors[BATCH], in_vectors[BATCH];
static struct mmsghdr out_messages[BATCH], in_messages[BATCH];
static uint64_t next_number;
static size_t size;

static void prepare(void) {
  for (int i = 0; i < BATCH; i++) {
    memset(out[i], 'x', LARGEST);
    out_vectors[i] = (struct iovec){out[i], size};
    in_vectors[i] = (struct iovec){in[i], LARGEST};
    out_messages[i].msg_hdr = (struct msghdr){.msg_iov = &out_vectors[i], .msg_iovlen = 1};
    in_messages[i].msg_hdr = (struct msghdr){.msg_iov = &in_vectors[i], .msg_iovlen = 1};
  }
}

static void ask(int client, int count) {
  for (int i = 0; i < count; i++, next_number++) memcpy(out[i], &next_number, sizeof next_number);
  for (int sent = 0; sent < count;) {
    int taken = sendmmsg(client, out_messages + sent, count - sent, 0);
    if (taken < 0) die("sendmmsg");
    sent += taken;
  }
}

/* A datagram that was not asked for, or not like this, ends the run. */
static void compare(int index) {
  uint64_t number;
  memcpy(&number, in[index], sizeof number);
  bool whole = in_messages[index].msg_len == size && number < next_number;
  if (whole && memcmp(in[index] + sizeof number, out[0] + sizeof number, size - sizeof number) == 0)
    return;
  fprintf(stderr, "a wrong answer of %u B\n", in_messages[index].msg_len);
  exit(1);
}

static int connected_socket(int port) {
  int client = checked(socket(AF_INET, SOCK_DGRAM, 0), "socket");
  struct sockaddr_in to = ipv4(INADDR_LOOPBACK, port);
  struct timeval patience = {.tv_usec = 50000};
  setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  set_option(client, SOL_SOCKET, SO_RCVBUF, 4 << 20);
  checked(connect(client, (struct sockaddr *)&to, sizeof to), "connect");
  return client;
}

int main(int count, char **words) {
  int window = (int)argument(count, words, 4);
  size = (size_t)argument(count, words, 5);
  if (window > BATCH || size > LARGEST || size < sizeof(uint64_t)) return 2;
  int client = connected_socket((int)argument(count, words, 1));
  prepare();
  struct run run = start_run(argument(count, words, 2), argument(count, words, 3));
  long long lost = 0;
  int unanswered = window;
  ask(client, window);
  while (goes_on(&run, now_nanos())) {
    int got = recvmmsg(client, in_messages, BATCH, MSG_WAITFORONE, NULL);
    if (got < 0 && errno != EAGAIN) die("recvmmsg");
    for (int i = 0; i < got; i++) compare(i);
    if (run.measuring) run.operations += got > 0 ? got : 0;
    if (run.measuring && got < 0) lost += unanswered;
    /* One that was given up may still come: never more than the window on the way. */
    int answered = got < 0 ? unanswered : got < unanswered ? got : unanswered;
    ask(client, answered);
  }
  begin_report(&run);
  printf(",\"lost\":%lld", lost);
  end_report();
}
