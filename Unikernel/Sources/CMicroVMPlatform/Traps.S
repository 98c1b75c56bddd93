// Where the processor goes on exceptions and interrupts. Interrupts are let in while the machine is halted and at no other
// time (Interrupts.c), so that their handlers only note what came. Exceptions end the image.
#if !defined(__linux__)
        .macro  begin name
        .balign 16
        .globl  \name
\name:
        .endm

        // Every exception's stub has 16 bytes, and the table of them starts here.
        .section .text.traps, "ax", @progbits
        begin   testudo_exception_stubs
        .set    vector, 0
        .rept   32
        .balign 16
        // 8, 10 to 14, 17, 21, 29 and 30 push an error code.
        .if !((vector == 8) || (vector >= 10 && vector <= 14) || (vector == 17) || (vector == 21) || (vector == 29) || (vector == 30))
        push    $0
        .endif
        push    $vector
        jmp     exception
        .set    vector, vector + 1
        .endr

        begin   exception
        cld
        mov     %rsp, %rdi              // vector, error code, rip, cs, rflags, rsp, ss
        and     $-16, %rsp
        call    testudo_exception
        ud2


        begin   testudo_interrupt_stubs
        .set    source, 0
        .rept   25
        .balign 32
        push    %rax
        orl     $(1 << source), testudo_interrupts(%rip)
        jmp     interrupt_end
        .set    source, source + 1
        .endr

        begin   interrupt_end
        mov     $0xFEE000B0, %eax
        movl    $0, (%rax)
        pop     %rax
        iretq

        // A spurious interrupt is not to be acknowledged.
        begin   testudo_spurious_stub
        iretq

        .section .note.GNU-stack, "", @progbits
#endif
