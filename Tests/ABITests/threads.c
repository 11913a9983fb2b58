/* The same bits for any number of threads; calls from several threads at once. */
#include "check.h"

#include <pthread.h>

static void same_bits(void) {
    const int64_t threads[] = {2, 3, 8};
    int64_t count, other;
    float *one = trained_weights(1, 40, &count);
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        float *weights = trained_weights(threads[i], 40, &other);
        CHECK(other == count && memcmp(one, weights, (size_t)count * sizeof *one) == 0);
        free(weights);
    }
    free(one);
}

static evicam_network shared;
static float expected[COUNT * CLASSES];

/* Predicts with the shared network, and makes, trains and destroys one of its own. */
static void *caller(void *unused) {
    (void)unused;
    evicam_images images = all_images();
    for (int round = 0; round < 20; round++) {
        float logits[COUNT * CLASSES];
        OK(evicam_network_logits(shared, &images, logits, &error));
        CHECK(memcmp(logits, expected, sizeof logits) == 0);
        evicam_network network = make_network((uint64_t)round);
        evicam_trainer trainer = make_trainer(network);
        evicam_statistics statistics = {0};
        int32_t ended;
        OK(evicam_trainer_run(trainer, &images, labels, 2, &statistics, NULL, &ended, &error));
        OK(evicam_trainer_destroy(trainer, &error));
        OK(evicam_network_destroy(network, &error));
        OK(evicam_set_num_threads(1 + round % 3, &error));
    }
    return NULL;
}

static void many_callers(void) {
    enum { CALLERS = 6 };
    pthread_t threads[CALLERS];
    evicam_images images = all_images();
    shared = make_network(9);
    OK(evicam_network_logits(shared, &images, expected, &error));
    for (int i = 0; i < CALLERS; i++) CHECK(pthread_create(&threads[i], NULL, caller, NULL) == 0);
    for (int i = 0; i < CALLERS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    OK(evicam_network_destroy(shared, &error));
}

void test_threads(void) {
    same_bits();
    many_callers();
}
