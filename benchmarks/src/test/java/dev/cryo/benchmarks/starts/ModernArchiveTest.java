package dev.cryo.benchmarks.starts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ModernArchiveTest {
    @TempDir
    private Path folder;

    private Path old;
    private Path recent;

    @BeforeEach
    void copy() throws Exception {
        old = Files.copy(archive(CommandLine.class), folder.resolve("old.jar"));
        recent = Files.copy(archive(JsonFactory.class), folder.resolve("recent.jar"));
    }

    private static Path archive(Class<?> type) throws Exception {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    /** The major versions of an archive's classes, and the lengths of its other files. */
    private static Map<String, Integer> entries(Path archive, boolean classes) throws IOException {
        Map<String, Integer> found = new TreeMap<>();
        try (JarFile jar = new JarFile(archive.toFile())) {
            for (JarEntry entry : Collections.list(jar.entries())) {
                byte[] bytes = jar.getInputStream(entry).readAllBytes();
                if (entry.getName().endsWith(".class") == classes) {
                    found.put(entry.getName(), classes ? bytes[7] & 0xFF : bytes.length);
                }
            }
        }
        return found;
    }

    @Test
    void oldClassesBecomeThoseOfTodayAndAllElseStays() throws Exception {
        Map<String, Integer> before = entries(old, true);
        assertThat(before).containsEntry("picocli/CommandLine.class", 49);
        Map<String, Integer> others = entries(old, false);

        ModernArchive.inFolder(folder);

        before.replaceAll((name, version) -> version < 50 ? ClassFile.latestMajorVersion() : version);
        assertThat(entries(old, true)).isEqualTo(before);
        assertThat(entries(old, false)).isEqualTo(others);
        assertThat(folder).isDirectoryContaining(file -> file.equals(old)).isDirectoryNotContaining("glob:**.modern");
    }

    @Test
    void modernClassesDoWhatTheyDid() throws Exception {
        ModernArchive.inFolder(folder);
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {old.toUri().toURL()}, ClassLoader.getPlatformClassLoader())) {
            for (String name : entries(old, true).keySet()) {
                if (!name.contains("-")) {
                    String type = name.replace('/', '.').substring(0, name.length() - ".class".length());
                    assertThat(Class.forName(type, true, loader)).as("verified and linked").isNotNull();
                }
            }
            Class<?> spec = loader.loadClass("picocli.CommandLine$Model$CommandSpec");
            Object made = spec.getMethod("create").invoke(null);
            Object named = spec.getMethod("name", String.class).invoke(made, "modern");
            assertThat(spec.getMethod("qualifiedName").invoke(named)).isEqualTo("modern");
        }
    }

    @Test
    void archivesWithoutOldClassesAreLeftAlone() throws Exception {
        byte[] before = Files.readAllBytes(recent);
        FileTime time = FileTime.fromMillis(1_000_000_000_000L);
        Files.setLastModifiedTime(recent, time);
        ModernArchive.inFolder(folder);
        assertThat(recent).hasBinaryContent(before);
        assertThat(Files.getLastModifiedTime(recent)).isEqualTo(time);
        Files.setLastModifiedTime(old, time);
        ModernArchive.inFolder(folder);
        assertThat(List.of(Files.getLastModifiedTime(old))).as("made modern once").containsExactly(time);
    }
}
