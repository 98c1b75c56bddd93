// The last code of the tender that the child runs, copied to a page of its own. It takes every mapping that is not the
// image's away, and enters the image with the call that takes this page away prepared: the image's first instruction is
// the `syscall` that carries it out (CProcessPlatform/Start.S).
//
// In: rbx the startup record, r12 a table of {address, length, may fail} ended by length 0, r13 the page FS points to,
//     r14 the image's entry, r15 this page, rsp the image's stack.
        .text
        .globl  trampoline_start, trampoline_end
trampoline_start:
        mov     $158, %eax              // arch_prctl(ARCH_SET_FS, r13)
        mov     $0x1002, %edi
        mov     %r13, %rsi
        syscall
        test    %rax, %rax
        jnz     3f
1:      mov     8(%r12), %rsi
        test    %rsi, %rsi
        jz      2f
        mov     (%r12), %rdi
        mov     $11, %eax               // munmap
        syscall
        test    %rax, %rax
        jz      4f
        cmpq    $0, 16(%r12)
        je      3f
4:      add     $24, %r12
        jmp     1b
2:      mov     $11, %eax
        mov     %r15, %rdi
        mov     $4096, %esi
        xor     %edx, %edx
        xor     %r8d, %r8d
        xor     %r9d, %r9d
        xor     %r10d, %r10d
        xor     %r12d, %r12d
        xor     %r13d, %r13d
        xor     %ebp, %ebp
        jmp     *%r14
3:      mov     $231, %eax              // exit_group(3)
        mov     $3, %edi
        syscall
        ud2
trampoline_end:
        .section .note.GNU-stack, "", @progbits
