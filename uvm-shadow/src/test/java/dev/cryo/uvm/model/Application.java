package dev.cryo.uvm.model;

import dev.cryo.uvm.Policy;
import dev.cryo.uvm.Span;
import dev.cryo.uvm.device.Access;
import dev.cryo.uvm.device.Reach;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program that does what would end the test JVM, with a model device of its own. */
public final class Application {
    /** What it does. */
    public enum Deed {
        /** Reads a page that waits for a kernel that never begins, and collects garbage meanwhile. */
        WAIT,
        /** Reads freed memory. */
        READ_FREED,
        /** Frees a region while a thread waits for one of its pages. */
        FREE_WHILE_WAITING,
        /** Reads beyond a region's end. */
        READ_BEYOND
    }

    private Application() {}

    /** Starts it; the first line it writes is its device's process id. */
    public static Process start(Deed deed) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:ErrorFile=/dev/null",
                        "-XX:-CreateCoredumpOnCrash",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Application.class.getName(),
                        deed.name())
                .redirectErrorStream(true)
                .start();
    }

    /** Does the deed, and then says what it has read. */
    public static void main(String[] arguments) throws Exception {
        try (Rig rig = Rig.start(Policy.PAGES)) {
            System.out.println(rig.device().process().pid());
            Span region = rig.region(0, 4);
            Deed deed = Deed.valueOf(arguments[0]);
            switch (deed) {
                case WAIT -> {
                    rig.device().launchAtDoor(new Access(1, Reach.NOTHING, Reach.ALL), List.of());
                    read(region.address());
                    awaitWaiting(rig);
                    System.out.println("waits");
                    while (true) {
                        System.gc();
                    }
                }
                case READ_FREED -> {
                    rig.free(region);
                    System.out.println("has read " + Rig.get(region.address()));
                }
                case FREE_WHILE_WAITING -> {
                    rig.device().launchAtDoor(new Access(1, Reach.NOTHING, Reach.ALL), List.of());
                    read(region.address());
                    awaitWaiting(rig);
                    rig.free(region);
                    Thread.sleep(TimeUnit.MINUTES.toMillis(1));
                }
                case READ_BEYOND -> System.out.println("has read " + Rig.get(region.end()));
            }
        }
    }

    private static void read(long address) {
        Thread.ofPlatform().daemon().start(() -> System.out.println("has read " + Rig.get(address)));
    }

    private static void awaitWaiting(Rig rig) throws InterruptedException {
        while (rig.device().waiting() == 0) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }
}
