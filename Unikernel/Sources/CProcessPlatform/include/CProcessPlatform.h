// The process target's lowest part: how an image is entered, and its system calls (Start.S). What it gives to the rest of
// an image is declared in CRuntime.h.
#pragma once
