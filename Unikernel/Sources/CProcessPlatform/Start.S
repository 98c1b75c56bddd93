// How an image begins, and its system calls.
#if !defined(__linux__)
        .section .text.start, "ax", @progbits
        .globl  _start
        .type   _start, @function
// The tender jumps here with its last system call prepared in the registers: munmap of the page it runs on. It cannot make
// that call itself, as it would return to a page that is gone. rbx points to struct testudo_startup, rsp to a fresh stack.
_start:
        syscall
        test    %rax, %rax
        jnz     1f
        // From here on only the image is mapped. It locks itself in before any of its own logic runs:
        // seccomp(SECCOMP_SET_MODE_FILTER, 0, &startup->filter).
        mov     $317, %eax
        mov     $1, %edi
        xor     %esi, %esi
        lea     8(%rbx), %rdx
        syscall
        test    %rax, %rax
        jnz     1f
        xor     %ebp, %ebp
        and     $-16, %rsp
        // The canary comes from the tender, in the page that FS points to.
        mov     %fs:0x28, %rdi
        call    testudo_set_canary
        mov     %rbx, %rdi
        call    testudo_image_main
1:      mov     $231, %eax
        mov     $112, %edi
        syscall
        ud2
        .size   _start, . - _start

        .macro  system_call name, number
        .section .text.\name, "ax", @progbits
        .globl  \name
        .type   \name, @function
\name:
        mov     $\number, %eax
        syscall
        ret
        .size   \name, . - \name
        .endm

        system_call testudo_read, 0
        system_call testudo_write, 1
        system_call testudo_clock_gettime, 228
        system_call testudo_exit, 231

        .section .text.testudo_ppoll, "ax", @progbits
        .globl  testudo_ppoll
        .type   testudo_ppoll, @function
testudo_ppoll:
        mov     $271, %eax
        xor     %r10d, %r10d
        xor     %r8d, %r8d
        syscall
        ret
        .size   testudo_ppoll, . - testudo_ppoll

// The system calls this image makes, for its attack-surface report: read, write, clock_gettime, exit_group, ppoll.
        .section .testudo.syscalls, "a", @progbits
        .globl  testudo_system_calls
testudo_system_calls:
        .long   0, 1, 228, 231, 271

        .section .note.GNU-stack, "", @progbits
#endif
