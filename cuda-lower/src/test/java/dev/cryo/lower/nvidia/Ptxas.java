package dev.cryo.lower.nvidia;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** NVIDIA's assembler, which is also the one in the driver. */
final class Ptxas {
    private Ptxas() {
    }

    /** Skips a test where a tool of the CUDA toolkit is missing. */
    static void require(String tool) {
        boolean found = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, tool)));
        assumeTrue(found, tool + " of the CUDA toolkit is not on the PATH");
    }

    /**
     * Assembles a text that may end with NUL.
     *
     * @return the sections of the object file with their contents, empty if they have none
     */
    static Map<String, byte[]> assemble(byte[] ptx, String architecture, Path folder, String... options)
            throws Exception {
        Path source = folder.resolve("module.ptx");
        Path object = folder.resolve("module.cubin");
        String text = new String(ptx, StandardCharsets.ISO_8859_1);
        int end = text.indexOf('\0');
        Files.writeString(source, end < 0 ? text : text.substring(0, end), StandardCharsets.ISO_8859_1);
        List<String> command = new ArrayList<>(List.of("ptxas", "-arch=" + architecture));
        command.addAll(List.of(options));
        command.addAll(List.of(source.toString(), "-o", object.toString()));
        run(folder, command);
        return sections(Files.readAllBytes(object));
    }

    static void run(Path folder, List<String> command) throws IOException, InterruptedException {
        Path log = folder.resolve("tool.log");
        Process process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true)
                .redirectOutput(log.toFile()).start();
        if (!process.waitFor(5, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError(command + " does not end");
        }
        if (process.exitValue() != 0) {
            throw new AssertionError(command + ": " + Files.readString(log));
        }
    }

    private static Map<String, byte[]> sections(byte[] elf) {
        ByteBuffer buffer = ByteBuffer.wrap(elf).order(ByteOrder.LITTLE_ENDIAN);
        int headers = (int) buffer.getLong(0x28);
        int size = buffer.getShort(0x3a);
        int count = buffer.getShort(0x3c);
        int names = (int) buffer.getLong(headers + size * buffer.getShort(0x3e) + 0x18);
        Map<String, byte[]> sections = new LinkedHashMap<>();
        for (int i = 1; i < count; i++) {
            int header = headers + size * i;
            int at = (int) buffer.getLong(header + 0x18);
            boolean filled = buffer.getInt(header + 4) != 8;
            sections.put(name(elf, names + buffer.getInt(header)), filled
                    ? Arrays.copyOfRange(elf, at, at + (int) buffer.getLong(header + 0x20)) : new byte[0]);
        }
        return sections;
    }

    /** The symbols of an object file with their offsets in their sections. */
    static Map<String, Integer> symbols(Map<String, byte[]> sections) {
        ByteBuffer table = ByteBuffer.wrap(sections.getOrDefault(".symtab", new byte[0]))
                .order(ByteOrder.LITTLE_ENDIAN);
        byte[] names = sections.getOrDefault(".strtab", new byte[0]);
        Map<String, Integer> symbols = new LinkedHashMap<>();
        for (int at = 0; at < table.capacity(); at += 24) {
            symbols.put(name(names, table.getInt(at)), (int) table.getLong(at + 8));
        }
        return symbols;
    }

    private static String name(byte[] strings, int start) {
        int end = start;
        while (strings[end] != 0) {
            end++;
        }
        return new String(strings, start, end - start, StandardCharsets.US_ASCII);
    }
}
