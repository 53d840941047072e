"""The tests of the kernel: each says in one sentence what must hold."""
