/* A wire with a length: joins two network namespaces by a TUN device in each and
 * hands every packet over after a fixed time. All else is the kernels' own TCP.
 *
 * usage: forwarder CLIENT_NAMESPACE REGION_NAMESPACE DEVICE ONE_WAY_US
 *
 * Writes "ready" when both devices are there, runs until it is killed, and dies with
 * the process that started it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { PACKETS = 8192, BYTES = 1600 }; /* a full queue loses packets, as a router does */

struct packet {
  int64_t due_ns;
  ssize_t size;
  char bytes[BYTES];
};

struct direction {
  int from, to;
  unsigned first, count;
  struct packet queue[PACKETS];
};

static struct direction ways[2];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int device_in(const char *namespace, const char *name) {
  struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
  int where = open(namespace, O_RDONLY | O_CLOEXEC), device;
  if (where < 0 || setns(where, CLONE_NEWNET) < 0) fail(namespace);
  close(where);
  if ((device = open("/dev/net/tun", O_RDWR | O_NONBLOCK)) < 0) fail("/dev/net/tun");
  snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
  if (ioctl(device, TUNSETIFF, &request) < 0) fail("TUNSETIFF");
  return device;
}

static void take(struct direction *way, int64_t one_way_ns) {
  char lost[BYTES];
  for (;;) {
    struct packet *free = &way->queue[(way->first + way->count) % PACKETS];
    int is_full = way->count == PACKETS;
    ssize_t size = read(way->from, is_full ? lost : free->bytes, BYTES);
    if (size <= 0) return;
    if (is_full) continue;
    free->size = size;
    free->due_ns = now_ns() + one_way_ns;
    way->count++;
  }
}

/* Returns when the next packet is due, or 0 when there is none. */
static int64_t give(struct direction *way) {
  while (way->count) {
    struct packet *next = &way->queue[way->first];
    if (next->due_ns > now_ns()) return next->due_ns;
    if (write(way->to, next->bytes, next->size) < 0 && errno == EINTR) continue;
    way->first = (way->first + 1) % PACKETS;
    way->count--;
  }
  return 0;
}

static void forward(int64_t one_way_ns) {
  struct pollfd readable[2] = {{ways[0].from, POLLIN, 0}, {ways[1].from, POLLIN, 0}};
  for (;;) {
    int64_t due_ns = 0;
    for (int i = 0; i < 2; i++) {
      int64_t next_ns = give(&ways[i]);
      if (next_ns && (!due_ns || next_ns < due_ns)) due_ns = next_ns;
    }
    int64_t left_ns = due_ns ? due_ns - now_ns() : 0;
    if (left_ns < 0) left_ns = 0;
    struct timespec left = {left_ns / 1000000000, left_ns % 1000000000};
    ppoll(readable, 2, due_ns ? &left : NULL, NULL);
    for (int i = 0; i < 2; i++) take(&ways[i], one_way_ns);
  }
}

int main(int count, char **words) {
  if (count != 5) return 2;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  /* Whatever else is busy here, the wire stays as long as it is. */
  prctl(PR_SET_TIMERSLACK, 1);
  struct sched_param priority = {.sched_priority = 10};
  sched_setscheduler(0, SCHED_FIFO, &priority);
  int client = device_in(words[1], words[3]), region = device_in(words[2], words[3]);
  ways[0].from = ways[1].to = client;
  ways[1].from = ways[0].to = region;
  puts("ready");
  fflush(stdout);
  forward(strtoll(words[4], NULL, 10) * 1000);
}
