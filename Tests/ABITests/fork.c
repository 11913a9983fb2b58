/* A forked child computes, with threads of its own, to the same bits; so does its own child, and one that is made while other
 * threads of the parent use the same network. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

static void wait_for_success(pid_t child) {
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

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
    wait_for_success(child);
}

static evicam_network shared;
static float expected_logits[COUNT * CLASSES];
static atomic_int stop;

static void predict_shared(void) {
    evicam_images images = all_images();
    float logits[COUNT * CLASSES];
    OK(evicam_network_logits(shared, &images, logits, &error));
    CHECK(memcmp(logits, expected_logits, sizeof logits) == 0);
}

static void *predict_until_stopped(void *unused) {
    (void)unused;
    while (!atomic_load(&stop)) predict_shared();
    return NULL;
}

/* Forks come at any moment of the other threads' calls: the child must not find the network locked. */
static void fork_while_others_call(void) {
    enum { CALLERS = 2, FORKS = 50 };
    pthread_t threads[CALLERS];
    evicam_images images = all_images();
    shared = make_network(9);
    OK(evicam_network_logits(shared, &images, expected_logits, &error));
    for (int i = 0; i < CALLERS; i++) CHECK(pthread_create(&threads[i], NULL, predict_until_stopped, NULL) == 0);
    for (int i = 0; i < FORKS; i++) {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            alarm(60);
            predict_shared();
            _exit(0);
        }
        wait_for_success(child);
    }
    atomic_store(&stop, 1);
    for (int i = 0; i < CALLERS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    OK(evicam_network_destroy(shared, &error));
}

void test_fork(void) {
    int64_t count, other;
    float *expected = trained_weights(2, 20, &count);
    fork_and_compare(expected, count, 2);
    float *again = trained_weights(2, 20, &other);
    CHECK(memcmp(again, expected, (size_t)count * sizeof *again) == 0);
    free(again);
    free(expected);
    fork_while_others_call();
}
