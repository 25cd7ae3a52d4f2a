/*
 * Entry of the tiny guest. PVH starts it in 32-bit protected mode without paging; it turns on long
 * mode with page tables made at assembly time, because where the guest's kernel mode is emulated
 * (about two million instructions a second) filling them would cost more than all the rest.
 */
#include "../protocol.h"

#define XEN_ELFNOTE_PHYS32_ENTRY 18
#define PAGE_PRESENT_WRITE 0x3
#define PAGE_PRESENT_WRITE_LARGE 0x83

	.section .note.pvh, "a", @note
	.long 4, 4, XEN_ELFNOTE_PHYS32_ENTRY
	.asciz "Xen"
	.long start

	.code32
	.section .text.start, "ax"
	.globl start
start:
	cli
	movb $BP_MARK_KERNEL, %al
	outb %al, $BP_PORT
	movl $pml4, %eax
	movl %eax, %cr3
	movl %cr4, %eax
	orl $0x20, %eax			/* CR4.PAE */
	movl %eax, %cr4
	movl $0xc0000080, %ecx		/* EFER */
	rdmsr
	orl $0x100, %eax		/* EFER.LME */
	wrmsr
	movl %cr0, %eax
	orl $0x80000001, %eax		/* CR0.PG | CR0.PE */
	movl %eax, %cr0
	lgdt gdt_pointer
	ljmp $8, $long_mode

	.code64
long_mode:
	movw $16, %ax
	movw %ax, %ds
	movw %ax, %es
	movw %ax, %ss
	movq $stack_top, %rsp
	call guest_main
	ud2				/* guest_main does not return; a triple fault ends QEMU */

	.section .data
	.align 16
gdt:	.quad 0, 0x00af9a000000ffff, 0x00cf92000000ffff
gdt_pointer:
	.word gdt_pointer - gdt - 1
	.long gdt

	/* The first 4 GiB, identity mapped by 2 MiB pages. */
	.align 4096
pml4:	.quad pdpt + PAGE_PRESENT_WRITE
	.fill 511, 8, 0
pdpt:	.quad pd + PAGE_PRESENT_WRITE, pd + 0x1000 + PAGE_PRESENT_WRITE
	.quad pd + 0x2000 + PAGE_PRESENT_WRITE, pd + 0x3000 + PAGE_PRESENT_WRITE
	.fill 508, 8, 0
pd:	.set large_page, 0
	.rept 2048
	.quad (large_page << 21) + PAGE_PRESENT_WRITE_LARGE
	.set large_page, large_page + 1
	.endr

	.bss
	.align 16
	.skip 8192
stack_top:

	.section .note.GNU-stack, "", @progbits
