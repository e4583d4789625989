package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.driver.ProcessCheckpoints;
import java.util.Optional;

/**
 * Where and how a job runs; what all its runs have in common.
 *
 * @param driver the driver's process checkpoint, for jobs whose engine it is
 */
record Site(
        JobFolder folder,
        JobSettings settings,
        Optional<ProcessCheckpoints> driver,
        Installation installation,
        Terminal terminal,
        InputPump input,
        Messages messages,
        StatusBoard status) {}
