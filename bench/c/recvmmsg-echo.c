/* About what one core can do: up to 64 datagrams a system call, in and out. */
#include "bench.h"

enum { BATCH = 64, DATAGRAM_BYTES = 2048 };

static char buffers[BATCH][DATAGRAM_BYTES];
static struct sockaddr_in sources[BATCH];
static struct iovec vectors[BATCH];
static struct mmsghdr messages[BATCH];

static void prepare(void) {
  for (int i = 0; i < BATCH; i++) {
    vectors[i] = (struct iovec){buffers[i], DATAGRAM_BYTES};
    messages[i].msg_hdr = (struct msghdr){
        .msg_name = &sources[i], .msg_namelen = sizeof sources[i],
        .msg_iov = &vectors[i], .msg_iovlen = 1};
  }
}

static void answer(int server, int count) {
  for (int i = 0; i < count; i++) vectors[i].iov_len = messages[i].msg_len;
  for (int sent = 0; sent < count;) {
    int taken = sendmmsg(server, messages + sent, count - sent, 0);
    sent += taken > 0 ? taken : 1;
  }
  for (int i = 0; i < count; i++) vectors[i].iov_len = DATAGRAM_BYTES;
}

int main(void) {
  int server = serve(SOCK_DGRAM, "udp");
  set_option(server, SOL_SOCKET, SO_RCVBUF, 4 << 20);
  prepare();
  for (;;) {
    int count = recvmmsg(server, messages, BATCH, MSG_WAITFORONE, NULL);
    if (count > 0) answer(server, count);
  }
}
