/* Memory that cannot be had is answered with a status, whichever piece is missed and by whichever thread, and does no harm. */
#include "check.h"

#include <math.h>
#include <pthread.h>

/* The call succeeds, or it ran out of memory and succeeds when it is made again. */
#define ANSWERED(call)                                                                                         \
    do {                                                                                                       \
        evicam_error error;                                                                                    \
        memset(&error, 0, sizeof error);                                                                       \
        evicam_status status = (call);                                                                         \
        if (status == EVICAM_OUT_OF_MEMORY) {                                                                  \
            CHECK(strstr(error.message, "bytes of memory are not to be had") != NULL);                         \
            answered = 1;                                                                                      \
            status = (call);                                                                                   \
        }                                                                                                      \
        if (status != EVICAM_OK) {                                                                             \
            fprintf(stderr, "%s:%d: %s: status %d, %s\n", __FILE__, __LINE__, #call, (int)status, error.message); \
            exit(1);                                                                                           \
        }                                                                                                      \
    } while (0)

enum { FEW = 20 };

static int answered;
static float expected[FEW * CLASSES];

static void explain(evicam_network network, const evicam_images *images) {
    static float maps[FEW * PIXELS];
    static double sums[(FEW + 1) * 3 * (PIXELS + 1)];
    evicam_request request = {.struct_size = sizeof request, .layer = "br"};
    for (int method = EVICAM_MAP_GRAD_CAM; method <= EVICAM_MAP_SCORE_CAM; method++) {
        ANSWERED(evicam_layer_maps(network, images, &request, method, EVICAM_RESIZE_BILINEAR, maps, NULL, &error));
        for (int i = 0; i < FEW * PIXELS; i++) CHECK(isfinite(maps[i]));
    }
    for (int method = EVICAM_PERTURBATION_RISE; method <= EVICAM_PERTURBATION_SMOOTH_GRAD; method++) {
        evicam_perturbation perturbation = {
            .struct_size = sizeof perturbation, .method = method, .count = 3, .grid = 4, .keep = 0.5, .patch_height = 6,
            .patch_width = 6, .stride_height = 6, .stride_width = 6, .noise = 0.1};
        int64_t count, length;
        ANSWERED(evicam_perturbation_size(&perturbation, images, &count, &length, &error));
        ANSWERED(evicam_perturb(network, images, &request, &perturbation, 0, count, sums, length, NULL, NULL, &error));
    }
}

static void train(evicam_network network, const evicam_images *images) {
    evicam_training training = standard_training();
    training.average_decay = 0.9f;
    evicam_trainer trainer = 0;
    evicam_statistics statistics = {0};
    int32_t number;
    ANSWERED(evicam_trainer_create(network, &training, &trainer, &error));
    ANSWERED(evicam_trainer_run(trainer, images, labels, 2, &statistics, NULL, &number, &error));
    CHECK(statistics.count > 0 && isfinite(statistics.loss));
    ANSWERED(evicam_trainer_evaluate(trainer, images, labels, &statistics, NULL, &error));
    ANSWERED(evicam_trainer_report_score(trainer, 0.5, &number, &error));
    OK(evicam_trainer_destroy(trainer, &error));
}

/* Everything that takes much memory, in a thread that has none of its own yet. */
static void *use(void *unused) {
    evicam_images images = all_images();
    images.count = FEW;
    float mean = 0.5f, deviation = 0.25f, logits[FEW * CLASSES];
    evicam_network network = 0;
    ANSWERED(evicam_network_create(RESIDUAL, SIDE, SIDE, 1, 4, &network, &error));
    ANSWERED(evicam_network_set_normalisation(network, &mean, &deviation, 1, &error));
    ANSWERED(evicam_network_logits(network, &images, logits, &error));
    if (expected[0] == 0) memcpy(expected, logits, sizeof expected);
    CHECK(memcmp(expected, logits, sizeof expected) == 0);
    explain(network, &images);
    ANSWERED(evicam_network_logits(network, &images, logits, &error));
    CHECK(memcmp(expected, logits, sizeof expected) == 0);
    train(network, &images);
    OK(evicam_network_destroy(network, &error));
    return unused;
}

void test_memory(void) {
    for (int64_t threads = 1; threads <= 2; threads++) {
        for (long missing = -1;; missing++) {
            /* Another number of threads than before: new ones, without memory too. */
            OK(evicam_set_num_threads(threads == 1 ? 1 : 2 + (missing & 1), &error));
            pthread_t thread;
            aligned_left = missing;
            answered = 0;
            CHECK(pthread_create(&thread, NULL, use, NULL) == 0);
            CHECK(pthread_join(thread, NULL) == 0);
            if (aligned_left >= 0) {
                printf("%ld pieces of memory were missed, one at a time, with %d threads\n", missing, (int)threads);
                CHECK(missing > 30);
                break;
            }
            CHECK(missing < 0 || answered);
#ifndef __GLIBC__
            break; /* nothing can be made to fail */
#endif
        }
    }
    aligned_left = -1;
}
