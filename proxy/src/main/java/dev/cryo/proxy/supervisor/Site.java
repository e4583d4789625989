package dev.cryo.proxy.supervisor;

/** Where and how a job runs; what all its runs have in common. */
record Site(
        JobFolder folder,
        JobSettings settings,
        Installation installation,
        Terminal terminal,
        InputPump input,
        Messages messages,
        StatusBoard status) {}
