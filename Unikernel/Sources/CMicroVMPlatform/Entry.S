// How an image begins on the microvm target: a PVH entry (the Xen project's x86/HVM direct boot ABI), which QEMU finds
// through an ELF note. The machine is in 32-bit protected mode without paging, ebx points to struct hvm_start_info. The
// first thing done is to build page tables in which nothing is writable and executable, and to turn them on; everything
// else happens behind them.
#if !defined(__linux__)
        .section .note.pvh, "a", @note
        .balign 4
        .long   4, 8, 18                // XEN_ELFNOTE_PHYS32_ENTRY
        .asciz  "Xen"
        .quad   testudo_pvh_entry

        // Flags of page-table entries.
        .equ    PRESENT, 1
        .equ    WRITABLE, 2
        .equ    NO_EXECUTE_HIGH, 0x80000000

        .section .sealed.tables, "aw", @nobits
        .balign 4096
        .globl  testudo_page_map, testudo_page_directory_pointers, testudo_page_directories, testudo_page_tables
        .globl  testudo_spare_tables
testudo_page_map: .skip 4096
testudo_page_directory_pointers: .skip 4096
testudo_page_directories: .skip 4 * 4096  // 4 GiB
testudo_page_tables: .skip 64 * 4096      // for the first 128 MiB, as one flat array of entries
testudo_spare_tables: .skip 8 * 4096      // for what else is mapped in pages of 4 KiB

        .section .sealed.descriptors, "aw", @nobits
        .balign 16
        .globl  testudo_global_descriptors
testudo_global_descriptors: .skip 5 * 8   // null, code, data, and the task state segment in two

        .section .rodata.start, "a", @progbits
        .balign 8
descriptors:                              // with the accessed bits set, so that the processor writes nothing
        .quad   0, 0x00AF9B000000FFFF, 0x00CF93000000FFFF
descriptors_register:
        .word   3 * 8 - 1
        .long   descriptors

        .section .text.start, "ax", @progbits
        .globl  testudo_pvh_entry
        .type   testudo_pvh_entry, @function
        .code32

        .macro  map from, to, low, high
        mov     $\from, %eax
        mov     $\to, %edx
        mov     $\low, %esi
        mov     $\high, %edi
1:      cmp     %edx, %eax
        jae     2f
        mov     %eax, %ecx
        shr     $12, %ecx
        lea     testudo_page_tables(,%ecx,8), %ecx
        mov     %eax, (%ecx)
        or      %esi, (%ecx)
        mov     %edi, 4(%ecx)
        add     $4096, %eax
        jmp     1b
2:
        .endm

testudo_pvh_entry:
        cli
        cld
        mov     %ebx, %ebp
        // Without no-execute pages there is no protection, so there is no start.
        mov     $0x80000001, %eax
        cpuid
        test    $(1 << 20), %edx
        jz      8f

        movl    $testudo_page_directory_pointers + (PRESENT | WRITABLE), testudo_page_map
        mov     $testudo_page_directories + (PRESENT | WRITABLE), %eax
        xor     %ecx, %ecx
1:      mov     %eax, testudo_page_directory_pointers(,%ecx,8)
        add     $4096, %eax
        inc     %ecx
        cmp     $4, %ecx
        jb      1b
        mov     $testudo_page_tables + (PRESENT | WRITABLE), %eax
        xor     %ecx, %ecx
1:      mov     %eax, testudo_page_directories(,%ecx,8)
        add     $4096, %eax
        inc     %ecx
        cmp     $64, %ecx
        jb      1b
        map     __text_start, __text_end, PRESENT, 0
        map     __rodata_start, __rodata_end, PRESENT, NO_EXECUTE_HIGH
        map     __data_start, __data_end, PRESENT | WRITABLE, NO_EXECUTE_HIGH
        map     __sealed_start, __sealed_end, PRESENT | WRITABLE, NO_EXECUTE_HIGH
        map     __stack_bottom, __stack_top, PRESENT | WRITABLE, NO_EXECUTE_HIGH
        map     __fault_stack_bottom, __fault_stack_top, PRESENT | WRITABLE, NO_EXECUTE_HIGH

        mov     $0x620, %eax            // CR4: PAE, OSFXSR, OSXMMEXCPT
        mov     %eax, %cr4
        mov     $testudo_page_map, %eax
        mov     %eax, %cr3
        mov     $0xC0000080, %ecx       // EFER: LME, NXE
        rdmsr
        or      $0x900, %eax
        wrmsr
        mov     $0x80010023, %eax       // CR0: PG, WP, NE, MP, PE; neither EM nor TS, so that SSE works
        mov     %eax, %cr0
        lgdt    descriptors_register
        ljmp    $8, $9f
8:      mov     $0xF4, %dx              // TESTUDO_EXIT_PORT, TESTUDO_EXIT_BASE and status 115
        mov     $125, %eax
        out     %eax, %dx
        hlt
        jmp     8b

        .code64
9:      mov     $16, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        xor     %eax, %eax
        mov     %eax, %fs
        mov     %eax, %gs
        mov     $__stack_top, %esp
        mov     %ebp, %edi
        xor     %ebp, %ebp
        call    testudo_machine_start
        ud2
        .size   testudo_pvh_entry, . - testudo_pvh_entry

        .section .note.GNU-stack, "", @progbits
#endif
