/* The small network and its data. */
#include "check.h"

const char *const ARCHITECTURE = "conv = convolution(image, channels: 4, kernel: 3)\n"
                                 "pool = maxPooling(conv, kernel: 2)\n"
                                 "relu = relu(pool)\n"
                                 "flat = flatten(relu)\n"
                                 "drop = dropout(flat, rate: 0.25)\n"
                                 "fc = linear(drop, features: 3)\n";

const char *const RESIDUAL = "a = convolution(image, channels: 16, kernel: 3, padding: 1, bias: false)\n"
                             "an = batchNormalisation(a)\n"
                             "ar = relu(an)\n"
                             "b = convolution(ar, channels: 16, kernel: 3, padding: 1, bias: false)\n"
                             "bn = batchNormalisation(b)\n"
                             "sum = add(bn, ar)\n"
                             "br = relu(sum)\n"
                             "c = convolution(br, channels: 16, kernel: 3, padding: 1)\n"
                             "plain = add(c, br)\n"
                             "d = convolution(plain, channels: 16, kernel: 5)\n"
                             "pool = maxPooling(d, kernel: 2)\n"
                             "mean = globalAveragePooling(pool)\n"
                             "fc = linear(mean, features: 3)\n";

uint8_t pixels[COUNT * PIXELS];
int32_t labels[COUNT];

void make_data(void) {
    uint32_t state = 1;
    for (int i = 0; i < COUNT; i++) {
        labels[i] = i % CLASSES;
        for (int p = 0; p < PIXELS; p++) {
            state = state * 1664525u + 1013904223u;
            /* One third of the rows is bright: the class says which. */
            pixels[i * PIXELS + p] = (uint8_t)((state >> 26) + (p / (PIXELS / CLASSES) == labels[i] ? 150 : 0));
        }
    }
}

evicam_images all_images(void) {
    evicam_images images = {pixels, EVICAM_UINT8, COUNT, SIDE, SIDE, 1};
    return images;
}

evicam_network make_network(uint64_t seed) {
    evicam_network network = 0;
    OK(evicam_network_create(ARCHITECTURE, SIDE, SIDE, 1, seed, &network, &error));
    return network;
}

evicam_network make_residual_network(uint64_t seed) {
    evicam_network network = 0;
    OK(evicam_network_create(RESIDUAL, SIDE, SIDE, 1, seed, &network, &error));
    return network;
}

evicam_training standard_training(void) {
    evicam_training training = {
        .struct_size = sizeof training,
        .loss = EVICAM_LOSS_MSE,
        .evidence = EVICAM_EVIDENCE_EXPONENTIAL,
        .evidence_clip = 10,
        .kl_weight = 0.1f,
        .kl_annealing_steps = 20,
        .kl_annealing_hold = 1,
        .optimiser = EVICAM_OPTIMISER_ADAM,
        .learning_rate = 0.01f,
        .beta1 = 0.9f,
        .beta2 = 0.999f,
        .epsilon = 1e-8f,
        .momentum = 0.9f,
        .nesterov = 1,
        .schedule = EVICAM_SCHEDULE_CONSTANT,
        .schedule_period = 7,
        .schedule_decay = 0.1f,
        .total_steps = 100,
        .batch_size = BATCH,
        .seed = 3,
    };
    return training;
}

evicam_trainer make_trainer(evicam_network network) {
    evicam_training training = standard_training();
    evicam_trainer trainer = 0;
    OK(evicam_trainer_create(network, &training, &trainer, &error));
    return trainer;
}

float *all_weights(evicam_network network, int64_t *count) {
    *count = 0;
    float *weights = NULL;
    for (int64_t i = 0; i < PARAMETERS; i++) {
        evicam_parameter parameter;
        OK(evicam_network_parameter(network, i, &parameter, &error));
        int64_t size = 1;
        for (int axis = 0; axis < parameter.rank; axis++) size *= parameter.shape[axis];
        weights = realloc(weights, (size_t)(*count + size) * sizeof *weights);
        OK(evicam_network_read_parameter(network, i, weights + *count, size, &error));
        *count += size;
    }
    return weights;
}

float *trained_weights(int64_t threads, int64_t steps, int64_t *count) {
    OK(evicam_set_num_threads(threads, &error));
    evicam_network network = make_network(5);
    evicam_trainer trainer = make_trainer(network);
    evicam_images images = all_images();
    evicam_progress progress;
    do {
        evicam_statistics statistics = {0};
        int32_t ended;
        OK(evicam_trainer_run(trainer, &images, labels, 3, &statistics, NULL, &ended, &error));
        OK(evicam_trainer_progress(trainer, &progress, &error));
    } while (progress.step < steps);
    float *weights = all_weights(network, count);
    OK(evicam_trainer_destroy(trainer, &error));
    OK(evicam_network_destroy(network, &error));
    return weights;
}
