/* Runs one test of the C interface: abitests NAME. Exit status 0 if it holds. */
#include "check.h"

static const struct {
    const char *name;
    void (*run)(void);
} TESTS[] = {
    {"symbols", test_symbols},   {"null_pointers", test_null_pointers},
    {"handles", test_handles},   {"sizes", test_sizes},
    {"settings", test_settings}, {"texts", test_texts},
    {"results", test_results},   {"explanations", test_explanations},
    {"allocations", test_allocations}, {"memory", test_memory},
    {"threads", test_threads},   {"fork", test_fork},
};

int main(int count, char **arguments) {
    for (size_t i = 0; i < sizeof TESTS / sizeof *TESTS; i++) {
        if (count == 1) {
            puts(TESTS[i].name);
        } else if (strcmp(arguments[1], TESTS[i].name) == 0) {
            make_data();
            TESTS[i].run();
            return 0;
        }
    }
    return count == 1 ? 0 : 2;
}
