/* What the load generators have in common. Each is started as
 *   PROGRAM PORT WARM-UP-SECONDS SECONDS ...
 * and writes two JSON lines: "begin" when the measuring begins, "end" with what was measured. */
#ifndef LOAD_H
#define LOAD_H

#include "bench.h"
#include <sys/epoll.h>
#include <sys/resource.h>

enum { EVENTS = 512, CONNECTIONS_AN_ADDRESS = 24 };

/* Latencies in nanoseconds: 64 steps for each power of two, so within 1.6 %. */
struct histogram {
  long long counts[64 * 40];
  long long total;
};

static inline int bucket_of(long long nanos) {
  if (nanos < 64) return nanos < 0 ? 0 : (int)nanos;
  int power = 63 - __builtin_clzll(nanos);
  int bucket = (power - 5) * 64 + (int)((nanos >> (power - 6)) & 63);
  return bucket < 64 * 40 ? bucket : 64 * 40 - 1;
}

static inline double bucket_nanos(int bucket) {
  if (bucket < 64) return bucket;
  return (double)(64 + bucket % 64) * (double)(1LL << (bucket / 64 - 1));
}

static inline void record(struct histogram *histogram, long long nanos) {
  histogram->counts[bucket_of(nanos)]++;
  histogram->total++;
}

static inline double percentile_micros(const struct histogram *histogram, double share) {
  long long wanted = (long long)(share * (double)histogram->total);
  int bucket = 0;
  for (long long seen = 0; bucket < 64 * 40 - 1; bucket++) {
    seen += histogram->counts[bucket];
    if (seen > wanted) break;
  }
  return bucket_nanos(bucket) / 1000;
}

/* One run: a warm-up, then the time in which operations count. */
struct run {
  long long begins, ends, began, ended;
  bool measuring;
  double cpu_before;
  long long operations;
};

static inline double own_cpu(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static inline struct run start_run(double warm_up, double seconds) {
  long long begins = now_nanos() + (long long)(warm_up * 1e9);
  return (struct run){.begins = begins, .ends = begins + (long long)(seconds * 1e9)};
}

/* To be asked at least every 100 ms: false when the time is over. */
static inline bool goes_on(struct run *run, long long now) {
  if (!run->measuring && now >= run->begins) {
    printf("{\"event\":\"begin\"}\n");
    fflush(stdout);
    run->measuring = true;
    run->cpu_before = own_cpu();
    run->began = now;
  }
  run->ended = now;
  return now < run->ends;
}

/* The fields that every "end" has; what else there is follows, then end_report(). */
static inline void begin_report(const struct run *run) {
  double seconds = (double)(run->ended - run->began) / 1e9;
  printf("{\"event\":\"end\",\"data\":{\"seconds\":%.6f,\"operations\":%lld,\"cpuSeconds\":%.6f",
         seconds, run->operations, own_cpu() - run->cpu_before);
}

static inline void report_latency(const struct histogram *histogram) {
  if (histogram->total == 0) return;
  printf(",\"p50Micros\":%.1f,\"p99Micros\":%.1f", percentile_micros(histogram, 0.5),
         percentile_micros(histogram, 0.99));
}

/* Connections stay open until standard input ends: the other side is still to be looked at. */
static inline void end_report(void) {
  printf("}}\n");
  fflush(stdout);
  char nothing;
  while (read(STDIN_FILENO, &nothing, 1) > 0) continue;
}

/* The address of client number i: 127.0.1.1 and up, 24 connections each, so that the services
 * keep their limit of 32 connections an address. */
static inline struct sockaddr_in client_address(int i) {
  int source = i / CONNECTIONS_AN_ADDRESS;
  return ipv4(INADDR_LOOPBACK + 256 * (1 + source / 250) + source % 250, 0);
}

/* A socket on the address of client number i; the kernel picks the port when it connects. */
static inline int client_socket(int i, int flags) {
  int client = checked(socket(AF_INET, SOCK_STREAM | flags, 0), "socket");
  struct sockaddr_in from = client_address(i);
  set_option(client, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  set_option(client, IPPROTO_TCP, TCP_NODELAY, 1);
  checked(bind(client, (struct sockaddr *)&from, sizeof from), "bind");
  return client;
}

static inline int connect_client(int port, int i) {
  int client = client_socket(i, 0);
  struct sockaddr_in to = ipv4(INADDR_LOOPBACK, port);
  checked(connect(client, (struct sockaddr *)&to, sizeof to), "connect");
  set_non_blocking(client);
  return client;
}

static inline void watch(int epoll, int descriptor, uint32_t events, int index) {
  struct epoll_event event = {.events = events, .data.u32 = (uint32_t)index};
  checked(epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event), "epoll_ctl");
}

static inline double argument(int count, char **words, int index) {
  if (index >= count) {
    fprintf(stderr, "argument %d is missing\n", index);
    exit(2);
  }
  return atof(words[index]);
}

#endif
