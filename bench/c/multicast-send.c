/* multicast-send GROUP PORT SECONDS RATE BYTES: numbered datagrams by loopback, paced, in batches
 * of what is due. Says how many it sent. */
#include "bench.h"

enum { BATCH = 64, LARGEST = 2048 };

static char datagrams[BATCH][LARGEST];
static struct iovec vectors[BATCH];
static struct mmsghdr messages[BATCH];

static int sender_to(const char *group, int port) {
  int sender = checked(socket(AF_INET, SOCK_DGRAM, 0), "socket");
  struct in_addr loopback = {htonl(INADDR_LOOPBACK)};
  checked(setsockopt(sender, IPPROTO_IP, IP_MULTICAST_IF, &loopback, sizeof loopback), "interface");
  struct sockaddr_in to = ipv4(ntohl(inet_addr(group)), port);
  checked(connect(sender, (struct sockaddr *)&to, sizeof to), "connect");
  return sender;
}

static void sleep_until(long long nanos) {
  struct timespec at = {.tv_sec = nanos / 1000000000, .tv_nsec = nanos % 1000000000};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static void send_batch(int sender, uint64_t first, int count, size_t size) {
  for (int i = 0; i < count; i++) {
    uint64_t number = first + i;
    memcpy(datagrams[i], &number, sizeof number);
    vectors[i] = (struct iovec){datagrams[i], size};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
  }
  for (int sent = 0; sent < count;)
    sent += checked(sendmmsg(sender, messages + sent, count - sent, 0), "sendmmsg");
}

int main(int count, char **words) {
  if (count < 6) return 2;
  int sender = sender_to(words[1], atoi(words[2]));
  double rate = atof(words[4]);
  size_t size = (size_t)atoi(words[5]);
  long long start = now_nanos(), all = (long long)(atof(words[3]) * rate), sent = 0;
  while (sent < all) {
    long long due = (long long)((double)(now_nanos() - start) / 1e9 * rate) + 1 - sent;
    if (due > all - sent) due = all - sent;
    if (due > BATCH) due = BATCH;
    if (due > 0) send_batch(sender, sent, (int)due, size);
    if (due > 0) sent += due;
    sleep_until(start + (long long)((double)sent / rate * 1e9));
  }
  printf("{\"event\":\"end\",\"data\":{\"sent\":%lld}}\n", sent);
}
