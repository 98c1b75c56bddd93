// The seccomp filter of every image on the process target.
#pragma once
#include <linux/filter.h>

// The filter and its number of instructions.
const struct sock_filter *image_filter(unsigned short *length);
