/* Finds, loads and resolves the engine: one shared library per instruction-set level. */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "native.h"

engine_table engine;

#ifdef __APPLE__
#define LIBRARY_SUFFIX "dylib"
#else
#define LIBRARY_SUFFIX "so"
#endif

/* Levels, best first. */
#if defined(__x86_64__)
static const char *const levels[] = {"x86-64-v4", "x86-64-v3", "x86-64-v2"};
#else
static const char *const levels[] = {"arm64"};
#endif
enum { LEVELS = sizeof levels / sizeof levels[0] };

static bool processor_has(const char *level) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    bool v2 = __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("ssse3");
    bool v3 = v2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
              __builtin_cpu_supports("fma");
    bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
              __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
              __builtin_cpu_supports("avx512vl");
    return strcmp(level, "x86-64-v4") == 0 ? v4 : strcmp(level, "x86-64-v3") == 0 ? v3 : v2;
#else
    (void)level;
    return true;
#endif
}

/* Index of the level that EVICAM_ISA names ("x86-64-v3" or "v3"), 0 if it is not set, -1 if it is unknown. */
static int highest_level(const char *wanted) {
    if (wanted == NULL || *wanted == '\0') return 0;
    for (int i = 0; i < LEVELS; i++) {
        const char *dash = strrchr(levels[i], '-');
        if (strcmp(wanted, levels[i]) == 0 || (dash != NULL && strcmp(wanted, dash + 1) == 0)) return i;
    }
    return -1;
}

static int load(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        PyErr_Format(PyExc_ImportError, "the engine cannot be loaded: %s", dlerror());
        return -1;
    }
#define RESOLVE(name)                                                                                  \
    *(void **)&engine.name = dlsym(library, #name);                                                    \
    if (engine.name == NULL) {                                                                         \
        PyErr_Format(PyExc_ImportError, "the engine %s lacks %s: build it again", path, #name);        \
        return -1;                                                                                     \
    }
    EVICAM_FUNCTIONS(RESOLVE)
#undef RESOLVE
    if (engine.evicam_abi_version() != EVICAM_ABI_VERSION) {
        PyErr_Format(PyExc_ImportError, "the engine %s has interface version %d, but this package needs %d: build it again",
                     path, (int)engine.evicam_abi_version(), EVICAM_ABI_VERSION);
        return -1;
    }
    return 0;
}

static int apply_threads(void) {
    const char *text = getenv("EVICAM_NUM_THREADS");
    if (text == NULL || *text == '\0') return 0;
    char *end = NULL;
    errno = 0;
    long long threads = strtoll(text, &end, 10);
    evicam_error error;
    if (errno != 0 || *end != '\0' || engine.evicam_set_num_threads(threads, &error) != EVICAM_OK) {
        PyErr_Format(PyExc_ImportError, "EVICAM_NUM_THREADS is '%s', but must be a whole number from 1 to 256", text);
        return -1;
    }
    return 0;
}

static int apply_winograd(void) {
    const char *text = getenv("EVICAM_WINOGRAD");
    if (text == NULL || *text == '\0') return 0;
    bool known = (text[0] == '0' || text[0] == '1') && text[1] == '\0';
    if (!known || engine.evicam_set_winograd(text[0] - '0', NULL) != EVICAM_OK) {
        PyErr_Format(PyExc_ImportError, "EVICAM_WINOGRAD is '%s', but must be 0 or 1", text);
        return -1;
    }
    return 0;
}

int engine_load(const char *folder) {
    const char *wanted = getenv("EVICAM_ISA");
    int highest = highest_level(wanted);
    if (highest < 0) {
        PyErr_Format(PyExc_ImportError, "EVICAM_ISA is '%s', but the levels of this platform are %s", wanted,
                     LEVELS > 1 ? "x86-64-v2, x86-64-v3 and x86-64-v4 (or v2, v3, v4)" : levels[0]);
        return -1;
    }
    for (int i = highest; i < LEVELS; i++) {
        char path[4096];
        int length = snprintf(path, sizeof path, "%s/libevicam-%s." LIBRARY_SUFFIX, folder, levels[i]);
        if (length < 0 || length >= (int)sizeof path) break;
        /* A level that was asked for by name must be there; without a name the next lower one serves. */
        bool exact = wanted != NULL && *wanted != '\0' && i == highest;
        if (!processor_has(levels[i])) {
            if (exact) {
                PyErr_Format(PyExc_ImportError, "EVICAM_ISA asks for %s, which this processor does not have", levels[i]);
                return -1;
            }
            continue;
        }
        if (access(path, R_OK) != 0) {
            if (exact) {
                PyErr_Format(PyExc_ImportError, "EVICAM_ISA asks for %s, which was not built: there is no %s", levels[i],
                             path);
                return -1;
            }
            continue;
        }
        return load(path) == 0 && apply_threads() == 0 ? apply_winograd() : -1;
    }
    PyErr_Format(PyExc_ImportError, "there is no engine for this processor in %s: build one with `make build`", folder);
    return -1;
}
