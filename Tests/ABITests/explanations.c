/* Explanations: the request of version 1, methods and perturbations, and what they refuse. */
#include "check.h"

#include <math.h>
#include <stddef.h>

static float maps[COUNT * PIXELS], others[COUNT * PIXELS], errors[COUNT * PIXELS], neutral[COUNT];
static double sums[(COUNT + 1) * 3 * (PIXELS + 1)], values[COUNT];

static evicam_perturbation rise(void) {
    evicam_perturbation perturbation = {
        .struct_size = sizeof perturbation, .method = EVICAM_PERTURBATION_RISE, .count = 300, .grid = 4, .keep = 0.5};
    return perturbation;
}

/* A caller of version 1 has memory for 48 bytes; what comes after is not read. */
static void old_request(evicam_network network) {
    evicam_images images = all_images();
    evicam_request request = {.struct_size = offsetof(evicam_request, quantity), .layer = "conv", .quantity = 99};
    OK(evicam_grad_cam(network, &images, &request, maps, NULL, &error));
    request.struct_size = sizeof request;
    FAILS(EVICAM_INVALID_ARGUMENT, "request.quantity is 99", evicam_grad_cam(network, &images, &request, maps, NULL, error));
    request.quantity = EVICAM_QUANTITY_LOGIT;
    OK(evicam_layer_maps(network, &images, &request, EVICAM_MAP_GRAD_CAM, 0, others, NULL, &error));
    CHECK(memcmp(maps, others, COUNT * 100 * sizeof(float)) == 0);
}

static void of_a_layer(evicam_network network) {
    evicam_images images = all_images();
    evicam_request request = {.struct_size = sizeof request, .layer = "conv"};
    for (int method = EVICAM_MAP_GRAD_CAM; method <= EVICAM_MAP_SCORE_CAM; method++) {
        OK(evicam_layer_maps(network, &images, &request, method, EVICAM_RESIZE_ALIGNED, maps, NULL, &error));
        for (int i = 0; i < COUNT * 100; i++) CHECK(isfinite(maps[i]));
        FAILS(EVICAM_INVALID_ARGUMENT, "maps is null",
              evicam_layer_maps(network, &images, &request, method, EVICAM_RESIZE_ALIGNED, NULL, NULL, error));
    }
    FAILS(EVICAM_INVALID_ARGUMENT, "method is 7", evicam_layer_maps(network, &images, &request, 7, 0, maps, NULL, error));
    FAILS(EVICAM_INVALID_ARGUMENT, "resize is 2",
          evicam_layer_maps(network, &images, &request, EVICAM_MAP_SCORE_CAM, 2, maps, NULL, error));
    request.layer = "fc";
    FAILS(EVICAM_INVALID_ARGUMENT, "fc",
          evicam_layer_maps(network, &images, &request, EVICAM_MAP_SCORE_CAM, 0, maps, NULL, error));
}

/* Sums cut at multiples of 128 are those of one call. */
static void in_slices(evicam_network network) {
    evicam_images images = all_images();
    evicam_request request = {.struct_size = sizeof request};
    evicam_perturbation perturbation = rise();
    int32_t predicted[COUNT];
    int64_t count, length;
    OK(evicam_perturbation_size(&perturbation, &images, &count, &length, &error));
    CHECK(count == 300 && length == (COUNT + 1) * 3 * (PIXELS + 1));
    OK(evicam_perturb(network, &images, &request, &perturbation, 0, 300, sums, length, predicted, values, &error));
    OK(evicam_perturbation_maps(&perturbation, &images, sums, length, values, maps, errors, neutral, &error));
    for (int i = 0; i < COUNT * PIXELS; i++) CHECK(isfinite(maps[i]) && errors[i] > 0);
    memset(sums, 0, sizeof sums);
    OK(evicam_perturb(network, &images, &request, &perturbation, 128, 172, sums, length, NULL, NULL, &error));
    memset(sums, 0, sizeof sums);
    OK(evicam_perturb(network, &images, &request, &perturbation, 0, 128, sums, length, NULL, NULL, &error));
    OK(evicam_perturb(network, &images, &request, &perturbation, 128, 172, sums, length, NULL, NULL, &error));
    OK(evicam_perturbation_maps(&perturbation, &images, sums, length, values, others, NULL, NULL, &error));
    CHECK(memcmp(maps, others, sizeof maps) == 0);
}

#define REFUSED(words, field, value)                                                                              \
    do {                                                                                                          \
        evicam_perturbation wrong = perturbation;                                                                 \
        wrong.field = value;                                                                                      \
        FAILS(EVICAM_INVALID_ARGUMENT, words, evicam_perturbation_size(&wrong, &images, &count, &length, error));  \
        FAILS(EVICAM_INVALID_ARGUMENT, words,                                                                     \
              evicam_perturb(network, &images, &request, &wrong, 0, 1, sums, length, NULL, NULL, error));          \
        FAILS(EVICAM_INVALID_ARGUMENT, words,                                                                     \
              evicam_perturbation_maps(&wrong, &images, sums, length, values, maps, NULL, NULL, error));           \
    } while (0)

static void refused(evicam_network network) {
    evicam_images images = all_images();
    evicam_request request = {.struct_size = sizeof request};
    evicam_perturbation perturbation = rise();
    float baseline[PIXELS] = {0};
    int64_t count, length;
    OK(evicam_perturbation_size(&perturbation, &images, &count, &length, &error));
    REFUSED("struct_size is 8", struct_size, 8);
    REFUSED("perturbation.method is 4", method, 4);
    REFUSED("perturbation.count is 1", count, 1);
    REFUSED("perturbation.grid is 13", grid, 13);
    REFUSED("perturbation.keep is nan", keep, NAN);
    FAILS(EVICAM_INVALID_ARGUMENT, "first is 300",
          evicam_perturb(network, &images, &request, &perturbation, 300, 1, sums, length, NULL, NULL, error));
    FAILS(EVICAM_INVALID_ARGUMENT, "count is 301",
          evicam_perturb(network, &images, &request, &perturbation, 0, 301, sums, length, NULL, NULL, error));
    FAILS(EVICAM_INVALID_ARGUMENT, "length is 5",
          evicam_perturb(network, &images, &request, &perturbation, 0, 1, sums, 5, NULL, NULL, error));
    FAILS(EVICAM_INVALID_ARGUMENT, "sums is null",
          evicam_perturb(network, &images, &request, &perturbation, 0, 1, NULL, length, NULL, NULL, error));
    FAILS(EVICAM_INVALID_ARGUMENT, "values is null",
          evicam_perturbation_maps(&perturbation, &images, sums, length, NULL, maps, NULL, NULL, error));
    perturbation.method = EVICAM_PERTURBATION_SMOOTH_GRAD;
    REFUSED("perturbation.noise is -1", noise, -1);
    REFUSED("perturbation.count is 0", count, 0);
    perturbation.method = EVICAM_PERTURBATION_OCCLUSION;
    perturbation.patch_height = perturbation.patch_width = perturbation.stride_height = perturbation.stride_width = 3;
    REFUSED("perturbation.patch_height is 0", patch_height, 0);
    REFUSED("perturbation.stride_width is -1", stride_width, -1);
    baseline[7] = INFINITY;
    REFUSED("perturbation.baseline holds inf at element 7", baseline, baseline);
    OK(evicam_perturbation_size(&perturbation, &images, &count, &length, &error));
    CHECK(count == 16 && length == COUNT * PIXELS);
}

void test_explanations(void) {
    make_data();
    evicam_network network = make_network(1);
    old_request(network);
    of_a_layer(network);
    in_slices(network);
    refused(network);
    OK(evicam_network_destroy(network, &error));
}
