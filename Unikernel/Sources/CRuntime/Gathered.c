// Bounds of what the linker gathered: the table of modules, and the build configuration.
#include "CRuntime.h"

#if !defined(__linux__)

extern const uint8_t __start_modules[], __stop_modules[];
extern const uint8_t _binary_configuration_start[], _binary_configuration_end[];

const void *testudo_modules_start(void) { return __start_modules; }
const void *testudo_modules_stop(void) { return __stop_modules; }
const uint8_t *testudo_configuration(void) { return _binary_configuration_start; }
size_t testudo_configuration_size(void) { return (size_t)(_binary_configuration_end - _binary_configuration_start); }

#endif
