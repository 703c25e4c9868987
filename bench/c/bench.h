/* What the baselines and the load generators have in common. */
#ifndef BENCH_H
#define BENCH_H

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static inline void die(const char *what) {
  perror(what);
  exit(1);
}

static inline int checked(int result, const char *what) {
  if (result < 0) die(what);
  return result;
}

static inline long long now_nanos(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static inline struct sockaddr_in ipv4(uint32_t address, int port) {
  struct sockaddr_in made = {.sin_family = AF_INET, .sin_port = htons(port)};
  made.sin_addr.s_addr = htonl(address);
  return made;
}

static inline void set_option(int descriptor, int level, int name, int value) {
  checked(setsockopt(descriptor, level, name, &value, sizeof value), "setsockopt");
}

static inline void set_non_blocking(int descriptor) {
  checked(fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK), "fcntl");
}

/* Takes a free port of 127.0.0.1 and says so in the words of the yard's services. */
static inline int serve(int type, const char *transport) {
  int listener = checked(socket(AF_INET, type, 0), "socket");
  struct sockaddr_in at = ipv4(INADDR_LOOPBACK, 0);
  socklen_t length = sizeof at;
  checked(bind(listener, (struct sockaddr *)&at, length), "bind");
  if (type == SOCK_STREAM) checked(listen(listener, 4096), "listen");
  getsockname(listener, (struct sockaddr *)&at, &length);
  printf("{\"msg\":\"listening\",\"transport\":\"%s\",\"address\":\"127.0.0.1\",\"port\":%d}\n",
         transport, ntohs(at.sin_port));
  fflush(stdout);
  return listener;
}

/* Writes all of it to a blocking descriptor; false when the peer is gone. */
static inline bool write_all(int descriptor, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t wrote = send(descriptor, bytes, length, MSG_NOSIGNAL);
    if (wrote < 0) return false;
    bytes += wrote;
    length -= wrote;
  }
  return true;
}

#endif
