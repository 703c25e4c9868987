/* pin CORE|any PROGRAM [ARGUMENT ...]: runs a program on one core, with its children and threads,
 * and ends it when its parent has ended. */
#include "bench.h"
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>

static void stay_on(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  checked(sched_setaffinity(0, sizeof cores, &cores), "sched_setaffinity");
}

int main(int count, char **words) {
  if (count < 3) return 2;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (strcmp(words[1], "any") != 0) stay_on(atoi(words[1]));
  execvp(words[2], words + 2);
  die(words[2]);
}
