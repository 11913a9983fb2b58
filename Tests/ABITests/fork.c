/* A forked child computes, with threads of its own, to the same bits; so does its own child. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include <sys/wait.h>
#include <unistd.h>

static void fork_and_compare(const float *expected, int64_t count, int generations) {
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        alarm(60); /* a hang is a failure */
        int64_t other;
        float *weights = trained_weights(2, 20, &other);
        if (other != count || memcmp(weights, expected, (size_t)count * sizeof *weights) != 0) _exit(1);
        if (generations > 1) fork_and_compare(expected, count, generations - 1);
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

void test_fork(void) {
    int64_t count, other;
    float *expected = trained_weights(2, 20, &count);
    fork_and_compare(expected, count, 2);
    float *again = trained_weights(2, 20, &other);
    CHECK(memcmp(again, expected, (size_t)count * sizeof *again) == 0);
    free(again);
    free(expected);
}
