/* multicast-receive GROUP PORT recvfrom|recvmmsg: counts what comes until standard input ends, when
 * it says how much that was. The first is the classic receiver, with the receive buffer as it is. */
#include "bench.h"
#include <poll.h>

enum { BATCH = 64, LARGEST = 2048 };

static char buffers[BATCH][LARGEST];
static struct iovec vectors[BATCH];
static struct mmsghdr messages[BATCH];

static int member_of(const char *group, int port) {
  int receiver = checked(socket(AF_INET, SOCK_DGRAM, 0), "socket");
  set_option(receiver, SOL_SOCKET, SO_REUSEADDR, 1);
  struct sockaddr_in at = ipv4(ntohl(inet_addr(group)), port);
  checked(bind(receiver, (struct sockaddr *)&at, sizeof at), "bind");
  struct ip_mreq join = {.imr_multiaddr = at.sin_addr, .imr_interface = {htonl(INADDR_LOOPBACK)}};
  checked(setsockopt(receiver, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof join), "join");
  printf("{\"msg\":\"listening\",\"transport\":\"udp\",\"address\":\"%s\",\"port\":%d}\n",
         group, port);
  fflush(stdout);
  return receiver;
}

static long long one(int receiver) {
  return recvfrom(receiver, buffers[0], LARGEST, MSG_DONTWAIT, NULL, NULL) >= 0 ? 1 : 0;
}

static long long many(int receiver) {
  for (int i = 0; i < BATCH; i++) {
    vectors[i] = (struct iovec){buffers[i], LARGEST};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
  }
  int got = recvmmsg(receiver, messages, BATCH, MSG_DONTWAIT, NULL);
  return got > 0 ? got : 0;
}

int main(int count, char **words) {
  if (count < 4) return 2;
  int receiver = member_of(words[1], atoi(words[2]));
  bool batches = strcmp(words[3], "recvmmsg") == 0;
  if (batches) set_option(receiver, SOL_SOCKET, SO_RCVBUF, 4 << 20);
  struct pollfd both[2] = {{.fd = receiver, .events = POLLIN},
                           {.fd = STDIN_FILENO, .events = POLLIN}};
  long long received = 0;
  for (;;) {
    long long got = batches ? many(receiver) : one(receiver);
    received += got;
    if (got > 0) continue;
    poll(both, 2, -1);
    if (both[1].revents && !(both[0].revents & POLLIN)) break;
  }
  printf("{\"event\":\"end\",\"data\":{\"received\":%lld}}\n", received);
}
