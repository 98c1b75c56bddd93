// What must be written in assembly. Reference counts without atomic instructions. An image has one thread, so its code is compiled with
// -assume-single-threaded and calls these; they do what the atomic ones of Embedded Swift do, except for the last release,
// which is left to those. An object's count is its second word: the low 63 bits count, and are all set where the object
// lives for ever.
#if !defined(__linux__)
        .macro  retain name
        .section .text.\name, "ax", @progbits
        .globl  \name
        .type   \name, @function
\name:
        mov     %rdi, %rax
        test    %rdi, %rdi
        jle     1f
        mov     8(%rdi), %rcx
        lea     2(%rcx,%rcx), %rdx
        test    %rdx, %rdx
        jz      1f
        incq    8(%rdi)
1:      ret
        .size   \name, . - \name
        .endm

        .macro  release name, atomic
        .section .text.\name, "ax", @progbits
        .globl  \name
        .type   \name, @function
\name:
        test    %rdi, %rdi
        jle     1f
        mov     8(%rdi), %rax
        add     %rax, %rax
        cmp     $2, %rax
        je      \atomic
        cmp     $-2, %rax
        je      1f
        decq    8(%rdi)
1:      ret
        .size   \name, . - \name
        .endm

        retain  swift_nonatomic_retain
        retain  swift_nonatomic_bridgeObjectRetain
        release swift_nonatomic_release, swift_release
        release swift_nonatomic_bridgeObjectRelease, swift_bridgeObjectRelease

        // Rare enough to be left to the atomic ones.
        .section .text.swift_nonatomic_n, "ax", @progbits
        .globl  swift_nonatomic_retain_n, swift_nonatomic_release_n
swift_nonatomic_retain_n:
        jmp     swift_retain_n
swift_nonatomic_release_n:
        jmp     swift_release_n

// Swift calls free() for what it allocated; a definition in Swift or C under that name would shadow the compiler's own.
        .section .text.free, "ax", @progbits
        .globl  free
        .type   free, @function
free:   jmp     testudo_heap_free
        .size   free, . - free

        .section .note.GNU-stack, "", @progbits
#endif
