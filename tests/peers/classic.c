/* The classic clients and servers by their behaviour: a NUL ends a message, buffers have 100 bytes, one exchange
 * and the end.
 *   classic tcp-client HOST PORT TEXT   connects, sends TEXT and its NUL, reads once, prints it
 *   classic tcp-exchange HOST PORT TEXT sends 100 bytes, reads until 100 are back
 *   classic udp-client HOST PORT TEXT   sends 100 bytes, prints the answer
 *   classic words HOST PORT WORD...     sends each word and its NUL over one connection, and closes
 *   classic tcp-server PORT             reads 100 bytes of one client, writes them back, ends
 *   classic iterative PORT COUNT        receives once from each of COUNT clients, echoes, closes
 *   classic udp-server PORT             answers one datagram with 100 bytes
 *   classic print PORT                  prints what each recv of one client gives
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SIZE 100

static char buffer[SIZE + 1];

static int fail(const char *what) {
  perror(what);
  exit(1);
}

static int reach(const char *host, const char *port, int type) {
  struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = type}, *found;
  if (getaddrinfo(host, port, &hints, &found) != 0) exit(3);
  int fd = socket(AF_INET, type, 0);
  if (connect(fd, found->ai_addr, found->ai_addrlen) < 0) fail("connect");
  return fd;
}

static int serve(const char *port, int type) {
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
  int fd = socket(AF_INET, type, 0), on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, (struct sockaddr *)&any, sizeof any) < 0) fail("bind");
  if (type == SOCK_STREAM && listen(fd, 5) < 0) fail("listen");
  puts("ready");
  return fd;
}

static int all(int fd) {
  int total = 0, got;
  while (total < SIZE && (got = read(fd, buffer + total, SIZE - total)) > 0) total += got;
  return total;
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (argc < 3) return 2;
  const char *what = argv[1];
  if (argc >= 5 && strcmp(what, "tcp-client") == 0) {
    int fd = reach(argv[2], argv[3], SOCK_STREAM);
    int length = strlen(argv[4]) + 1;
    if (send(fd, argv[4], length, 0) != length) fail("send");
    if (recv(fd, buffer, SIZE, 0) != length) fail("recv");
    puts(buffer);
  } else if (argc >= 5 && strcmp(what, "tcp-exchange") == 0) {
    int fd = reach(argv[2], argv[3], SOCK_STREAM);
    char message[SIZE] = {0};
    strncpy(message, argv[4], SIZE - 1);
    if (write(fd, message, SIZE) != SIZE) fail("write");
    if (all(fd) != SIZE) return 1;
    puts(buffer);
  } else if (argc >= 5 && strcmp(what, "udp-client") == 0) {
    int fd = reach(argv[2], argv[3], SOCK_DGRAM);
    char message[SIZE] = {0};
    strncpy(message, argv[4], SIZE - 1);
    if (send(fd, message, SIZE, 0) != SIZE) fail("send");
    printf("%d ", (int)recv(fd, buffer, SIZE, 0));
    puts(buffer);
  } else if (argc >= 5 && strcmp(what, "words") == 0) {
    int fd = reach(argv[2], argv[3], SOCK_STREAM);
    for (int i = 4; i < argc; i += 1)
      if (send(fd, argv[i], strlen(argv[i]) + 1, 0) < 0) fail("send");
    close(fd);
  } else if (strcmp(what, "tcp-server") == 0) {
    int client = accept(serve(argv[2], SOCK_STREAM), NULL, NULL);
    if (all(client) != SIZE) return 1;
    puts(buffer);
    if (write(client, buffer, SIZE) != SIZE) fail("write");
  } else if (argc >= 4 && strcmp(what, "iterative") == 0) {
    int listener = serve(argv[2], SOCK_STREAM);
    for (int left = atoi(argv[3]); left > 0; left -= 1) {
      int client = accept(listener, NULL, NULL);
      int length = recv(client, buffer, SIZE, 0);
      if (length <= 0 || send(client, buffer, length, 0) != length) fail("echo");
      close(client);
    }
  } else if (strcmp(what, "udp-server") == 0) {
    int fd = serve(argv[2], SOCK_DGRAM);
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    if (recvfrom(fd, buffer, SIZE, 0, (struct sockaddr *)&from, &length) < 0) fail("recvfrom");
    puts(buffer);
    sendto(fd, buffer, SIZE, 0, (struct sockaddr *)&from, length);
  } else if (strcmp(what, "print") == 0) {
    int client = accept(serve(argv[2], SOCK_STREAM), NULL, NULL), got;
    while ((got = recv(client, buffer, SIZE, 0)) > 0)
      for (int at = 0; at < got; at += strlen(buffer + at) + 1) puts(buffer + at);
    puts("end");
  } else {
    return 2;
  }
  return 0;
}
