/* Texts: asked for their length, cut to fit, always terminated, nothing written beyond the capacity. */
#include "check.h"

void test_texts(void) {
    int64_t length = -1, again = -1;
    OK(evicam_architecture_lenet(10, 2, NULL, 0, &length, &error));
    CHECK(length > 100);
    char text[4096], cut[4096];
    OK(evicam_architecture_named("lenet", 10, text, sizeof text, &again, &error));
    CHECK(again == length);
    FAILS(EVICAM_INVALID_ARGUMENT, "there is no architecture 'vgg'",
          evicam_architecture_named("vgg", 10, text, sizeof text, &again, error));
    OK(evicam_architecture_lenet(10, 2, text, sizeof text, &again, &error));
    CHECK(again == length && (int64_t)strlen(text) == length);
    for (int64_t capacity = 1; capacity <= length + 2; capacity++) {
        memset(cut, '#', sizeof cut);
        OK(evicam_architecture_lenet(10, 2, cut, capacity, &again, &error));
        CHECK(again == length);
        int64_t kept = capacity - 1 < length ? capacity - 1 : length;
        CHECK((int64_t)strlen(cut) == kept && memcmp(cut, text, (size_t)kept) == 0);
        CHECK(cut[kept + 1] == '#');
    }
    /* The text makes a network whose own text is the same. */
    evicam_network network;
    OK(evicam_network_create(text, 28, 28, 1, 0, &network, &error));
    OK(evicam_network_architecture(network, cut, sizeof cut, &again, &error));
    CHECK(strcmp(text, cut) == 0);
    OK(evicam_network_destroy(network, &error));

    /* Error messages longer than their buffer are cut and terminated, between characters. */
    static char longer[20000];
    for (int i = 0; i + 2 < (int)sizeof longer; i += 2) memcpy(longer + i, "\xc3\xa4", 2);
    FAILS(EVICAM_INVALID_ARGUMENT, "line 1", evicam_network_create(longer, 28, 28, 1, 0, &network, error));
}
