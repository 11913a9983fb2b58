/* Sizes that are zero, negative, too large or overflow when multiplied are refused before any memory is touched. */
#define _DEFAULT_SOURCE
#include "check.h"

#include <math.h>
#include <sys/mman.h>
#include <unistd.h>

#define INVALID(words, call) FAILS(EVICAM_INVALID_ARGUMENT, words, call)

static const int64_t BAD[] = {0, -1, INT64_MIN, INT64_MAX, INT64_MAX / 2, (int64_t)1 << 40};

static void of_images(evicam_network network) {
    float logits[CLASSES * COUNT];
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        evicam_images images = all_images();
        images.count = BAD[i];
        INVALID("images.count is", evicam_network_logits(network, &images, logits, error));
        images = all_images();
        images.height = BAD[i];
        INVALID("images.height is", evicam_network_logits(network, &images, logits, error));
        images = all_images();
        images.width = BAD[i];
        INVALID("images.width is", evicam_network_logits(network, &images, logits, error));
        images = all_images();
        images.channels = BAD[i];
        INVALID("images.channels is", evicam_network_logits(network, &images, logits, error));
    }
    evicam_images images = all_images();
    images.count = INT32_MAX;
    images.height = images.width = images.channels = 65536;
    INVALID("too large", evicam_network_logits(network, &images, logits, error));
    images = all_images();
    images.type = 9;
    INVALID("images.type is 9", evicam_network_logits(network, &images, logits, error));
    images = all_images();
    images.height = SIDE + 1;
    INVALID("13", evicam_network_logits(network, &images, logits, error));
}

static void of_networks(evicam_network network) {
    evicam_network made;
    evicam_layer layer;
    evicam_parameter parameter;
    float values[64] = {0};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        INVALID("height is", evicam_network_create(ARCHITECTURE, BAD[i], SIDE, 1, 0, &made, error));
        INVALID("width is", evicam_network_create(ARCHITECTURE, SIDE, BAD[i], 1, 0, &made, error));
        INVALID("channels is", evicam_network_create(ARCHITECTURE, SIDE, SIDE, BAD[i], 0, &made, error));
        INVALID("threads is", evicam_set_num_threads(BAD[i], error));
        INVALID("count is", evicam_network_read_parameter(network, 0, values, BAD[i], error));
        INVALID("count is", evicam_network_write_parameter(network, 0, values, BAD[i], error));
        if (BAD[i] == 0) continue;
        INVALID("index is", evicam_network_layer(network, BAD[i], &layer, error));
        INVALID("index is", evicam_network_parameter(network, BAD[i], &parameter, error));
        INVALID("index is", evicam_network_read_parameter(network, BAD[i], values, 36, error));
    }
    INVALID("too small", evicam_network_create(ARCHITECTURE, 2, 2, 1, 0, &made, error));
    int64_t length;
    char text[8];
    INVALID("classes is 1", evicam_architecture_lenet(1, 2, text, sizeof text, &length, error));
    INVALID("pool is 0", evicam_architecture_lenet(2, 0, text, sizeof text, &length, error));
    INVALID("capacity is -1", evicam_architecture_lenet(2, 2, text, -1, &length, error));
}

/* Padding widens a map from layer to layer: what the last of them gives cannot be counted, what the others give not had. */
static void of_layers(void) {
    enum { LAYERS = 400 };
    static char text[LAYERS * 80];
    evicam_images images = {pixels, EVICAM_UINT8, 1, 8, 8, 1};
    float logits[CLASSES];
    evicam_network made;
    size_t length = 0;
    for (int i = 0; i < LAYERS; i++) {
        char input[16] = "image";
        if (i > 0) snprintf(input, sizeof input, "a%d", i - 1);
        length += (size_t)snprintf(text + length, sizeof text - length,
                                   "a%d = convolution(%s, channels: 1, kernel: 1, padding: 4096)\n", i, input);
    }
    snprintf(text + length, sizeof text - length,
             "wide = convolution(a399, channels: 1048576, kernel: 1)\nmean = globalAveragePooling(wide)\n");
    INVALID("layer 'wide' gives 3276808x3276808x1048576 for one image, which is too large",
            evicam_network_create(text, 8, 8, 1, 0, &made, error));
    snprintf(text + length, sizeof text - length, "mean = globalAveragePooling(a399)\nfc = linear(mean, features: 3)\n");
    OK(evicam_network_create(text, 8, 8, 1, 0, &made, &error));
    FAILS(EVICAM_OUT_OF_MEMORY, "bytes of memory are not to be had", evicam_network_logits(made, &images, logits, error));
    OK(evicam_network_destroy(made, &error));
}

/* Of a structure that says it is 8 bytes long, no more is read: here the memory ends behind them. */
static void of_structures(evicam_network network) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED && mprotect(memory + page, page, PROT_NONE) == 0);
    uint64_t *size = (uint64_t *)(memory + page) - 1;
    *size = sizeof *size;
    evicam_images images = all_images();
    evicam_request request = {.struct_size = sizeof request};
    evicam_trainer trainer;
    float values[6] = {0};
    double sums[1];
    int64_t count, length;
    INVALID("opinion.struct_size is 8", evicam_opinions(values, 2, 3, (const evicam_opinion *)size, error));
    const evicam_perturbation *perturbation = (const evicam_perturbation *)size;
    INVALID("perturbation.struct_size is 8", evicam_perturbation_size(perturbation, &images, &count, &length, error));
    INVALID("perturbation.struct_size is 8",
            evicam_perturb(network, &images, &request, perturbation, 0, 1, sums, 1, NULL, NULL, error));
    INVALID("request.struct_size is 8",
            evicam_grad_cam(network, &images, (const evicam_request *)size, values, NULL, error));
    INVALID("training.struct_size is 8", evicam_trainer_create(network, (const evicam_training *)size, &trainer, error));
    INVALID("augmentation.struct_size is 8", evicam_augment(&images, (const evicam_augmentation *)size, 0, 0, values, error));
    CHECK(munmap(memory, 2 * page) == 0);
}

static void of_arrays(void) {
    float values[6] = {0}, results[6];
    double scores[6], confidence[6] = {0};
    uint8_t bytes[6] = {0};
    evicam_opinion opinion = {.struct_size = sizeof opinion, .alpha = results};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        if (BAD[i] > 0) { /* counts have no limit but the size of memory */
            INVALID("too large", evicam_softmax(values, INT64_MAX / 2, 3, results, error));
            INVALID("too large", evicam_dice(bytes, bytes, BAD[i], INT64_MAX / 2, scores, error));
            INVALID("classes is", evicam_evidence(values, 2, BAD[i], EVICAM_EVIDENCE_RELU, 10, results, error));
        } else {
            INVALID("count is", evicam_evidence(values, BAD[i], 3, EVICAM_EVIDENCE_RELU, 10, results, error));
            INVALID("count is", evicam_opinions(values, BAD[i], 3, &opinion, error));
            INVALID("count is", evicam_softmax(values, BAD[i], 3, results, error));
            INVALID("classes is", evicam_opinions(values, 2, BAD[i], &opinion, error));
            INVALID("count is", evicam_dice(bytes, bytes, BAD[i], 3, scores, error));
            INVALID("pixels is", evicam_iou(bytes, bytes, 2, BAD[i], scores, error));
            INVALID("count is", evicam_calibration_error(confidence, bytes, BAD[i], 5, scores, NULL, NULL, NULL, error));
        }
        INVALID("bins is", evicam_calibration_error(confidence, bytes, 6, BAD[i], scores, NULL, NULL, NULL, error));
        INVALID("count is", evicam_resize(values, BAD[i], 2, 3, EVICAM_RESIZE_BILINEAR, 0, 0, 1, 1, 2, 3, results, error));
        INVALID("h is", evicam_resize(values, 1, BAD[i], 3, EVICAM_RESIZE_BILINEAR, 0, 0, 1, 1, 2, 3, results, error));
        INVALID("width is", evicam_resize(values, 1, 2, 3, EVICAM_RESIZE_BILINEAR, 0, 0, 1, 1, 2, BAD[i], results, error));
    }
    opinion.struct_size = 8;
    INVALID("struct_size is 8", evicam_opinions(values, 2, 3, &opinion, error));
    values[4] = -1;
    opinion.struct_size = sizeof opinion;
    INVALID("evidence holds -1.0 at element 4", evicam_opinions(values, 2, 3, &opinion, error));
    confidence[2] = 1.5;
    INVALID("confidence 2 is 1.5", evicam_calibration_error(confidence, bytes, 6, 5, scores, NULL, NULL, NULL, error));
    INVALID("jump_y is 0.0", evicam_resize(values, 1, 2, 3, EVICAM_RESIZE_ALIGNED, 0, 0, 0, 1, 2, 3, results, error));
    INVALID("start_x is nan",
            evicam_resize(values, 1, 2, 3, EVICAM_RESIZE_ALIGNED, 0, NAN, 1, 1, 2, 3, results, error));
    INVALID("mode is 7", evicam_resize(values, 1, 2, 3, 7, 0, 0, 1, 1, 2, 3, results, error));
}

void test_sizes(void) {
    evicam_network network = make_network(1);
    of_images(network);
    of_networks(network);
    of_layers();
    of_structures(network);
    of_arrays();
    OK(evicam_network_destroy(network, &error));
}
