package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.driver.ProcessCheckpoints;
import dev.cryo.streamlog.image.ImageStore;
import java.util.Optional;

/**
 * Where and how a job runs; what all its runs have in common.
 *
 * @param images of the job; its key was found
 * @param driver the driver's process checkpoint, for jobs whose engine it is
 * @param mirror brings images to the job's store, if it has one
 */
record Site(
        JobFolder folder,
        JobSettings settings,
        ImageStore images,
        Optional<ProcessCheckpoints> driver,
        Installation installation,
        Terminal terminal,
        InputPump input,
        Messages messages,
        StatusBoard status,
        Optional<Mirror> mirror) {}
