package dev.cryo.streamlog.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** A process with shared memory and a userfaultfd that it serves not by itself. */
record FaultingProcess(Process process, BufferedReader output, long pid, int faults, long address)
        implements AutoCloseable {
    static final int PAGES = 4;

    static FaultingProcess start() throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        FaultingProcess.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader output = process.inputReader();
        int faults = Integer.parseInt(output.readLine());
        return new FaultingProcess(process, output, process.pid(), faults, Long.parseLong(output.readLine()));
    }

    /** Says what it has. When it is told to, adds one to the long in each page but the last, and reads that one. */
    public static void main(String[] arguments) throws IOException {
        SharedMemory memory = SharedMemory.create("faulty", PAGES * VirtualMemory.PAGE_BYTES);
        System.out.println(Userfaultfd.open().descriptor());
        System.out.println(memory.address());
        int go = System.in.read();
        MemorySegment pages = memory.segment();
        long last = (PAGES - 1) * VirtualMemory.PAGE_BYTES;
        for (long at = 0; go >= 0 && at < last; at += VirtualMemory.PAGE_BYTES) {
            pages.set(JAVA_LONG, at, pages.get(JAVA_LONG, at) + 1);
            System.out.println(pages.get(JAVA_LONG, at));
        }
        System.out.println(pages.get(JAVA_LONG, last));
    }

    void go() throws IOException {
        process.outputWriter().append('\n').flush();
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        output.close();
    }
}
