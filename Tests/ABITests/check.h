/* What the tests of the C interface share: checks that say where they failed, and a small network to try things on. */
#ifndef CHECK_H
#define CHECK_H

#include "evicam.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                                   \
    do {                                                                                                   \
        if (!(condition)) {                                                                                \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);                  \
            exit(1);                                                                                       \
        }                                                                                                  \
    } while (0)

/* The call succeeds. */
#define OK(call)                                                                                           \
    do {                                                                                                   \
        evicam_error error;                                                                                \
        memset(&error, 0, sizeof error);                                                                   \
        evicam_status status = (call);                                                                     \
        if (status != EVICAM_OK) {                                                                         \
            fprintf(stderr, "%s:%d: %s: status %d, %s\n", __FILE__, __LINE__, #call, (int)status, error.message); \
            exit(1);                                                                                       \
        }                                                                                                  \
    } while (0)

/* The call fails with `wanted` and a message that holds `words`; once more without an error structure, the same status. */
#define FAILS(wanted, words, call)                                                                         \
    do {                                                                                                   \
        evicam_error storage, *error = &storage;                                                           \
        memset(&storage, 0x7f, sizeof storage);                                                            \
        evicam_status status = (call);                                                                     \
        if (status != (wanted) || memchr(storage.message, 0, sizeof storage.message) == NULL ||            \
            strstr(storage.message, words) == NULL) {                                                      \
            fprintf(stderr, "%s:%d: %s: status %d, %.200s\n", __FILE__, __LINE__, #call, (int)status,      \
                    storage.message);                                                                      \
            exit(1);                                                                                       \
        }                                                                                                  \
        error = NULL;                                                                                      \
        CHECK((call) == (wanted));                                                                         \
    } while (0)

enum { COUNT = 70, SIDE = 12, PIXELS = SIDE * SIDE, CLASSES = 3, BATCH = 16, PARAMETERS = 4 };

/* A network of 12 x 12 grey images with all that a step can meet: convolution, pooling, dropout, linear. */
extern const char *const ARCHITECTURE;

/* Random images [COUNT, SIDE, SIDE, 1], the same in every run, and their labels. */
extern uint8_t pixels[COUNT * PIXELS];
extern int32_t labels[COUNT];
evicam_images all_images(void);
void make_data(void);

/* One of the same images with all else: batch normalisation, sums with it and without, convolutions by minimal filtering, one
 * of them with the pooling after it. */
extern const char *const RESIDUAL;

evicam_network make_network(uint64_t seed);
evicam_network make_residual_network(uint64_t seed);
evicam_training standard_training(void);
evicam_trainer make_trainer(evicam_network network);
/* All weights of a network, one after another; free() them. `*count` of them. */
float *all_weights(evicam_network network, int64_t *count);
/* Weights after so many steps of a new network of seed 5, trained with `threads` threads; free() them. */
float *trained_weights(int64_t threads, int64_t steps, int64_t *count);

/* Allocations aligned to a line of the cache that succeed before one fails; below 0: none does. Such is the engine's memory for
 * what users' sizes decide. Only where malloc can be replaced (allocations.c). */
extern atomic_long aligned_left;

/* The tests, one function a file. */
void test_symbols(void);
void test_null_pointers(void);
void test_handles(void);
void test_sizes(void);
void test_settings(void);
void test_texts(void);
void test_results(void);
void test_explanations(void);
void test_allocations(void);
void test_memory(void);
void test_threads(void);
void test_fork(void);

#endif
