package dev.cryo.uvm.model;

/** What a test asks of the model device. */
enum Order {
    OPEN,
    ADD,
    ARRIVE,
    DROP,
    LAUNCH,
    SYNC,
    PREFETCH_TO_APPLICATION,
    PREFETCH_TO_DEVICE,
    READ_MOSTLY,
    ATTACH,
    SUSPEND,
    CLOSE,
    PEEK,
    POKE,
    OPEN_DOOR,
    WAITING,
    BREAK,
    RESOURCES,
    STATISTICS
}
