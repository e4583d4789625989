package dev.cryo.proxy.doctor;

/** Examines one thing. It never throws: what goes wrong is the finding. */
@FunctionalInterface
interface Probe {
    Finding examine();
}
