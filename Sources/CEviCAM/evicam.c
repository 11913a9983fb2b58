#include "evicam.h"
