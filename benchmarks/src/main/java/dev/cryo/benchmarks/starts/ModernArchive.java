package dev.cryo.benchmarks.starts;

import static java.lang.classfile.ClassFile.ConstantPoolSharingOption.NEW_POOL;
import static java.lang.classfile.ClassFile.StackMapsOption.GENERATE_STACK_MAPS;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/**
 * Archives whose classes are in a form from before Java 6, which start caches do not take: they are loaded and verified
 * anew at each start, by the old verifier. Such classes get today's version and stack maps, and are else as they were.
 */
final class ModernArchive {
    private static final int FIRST_WITH_STACK_MAPS = 50;

    private ModernArchive() {}

    /** Makes all archives of a folder modern, each at one instant: who has the old one open goes on with it. */
    static void inFolder(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(each -> each.toString().endsWith(".jar")).toList()) {
                if (isOld(file)) {
                    make(file);
                }
            }
        }
    }

    /** Whether an archive has old classes, and no signature that a change would break. */
    private static boolean isOld(Path file) throws IOException {
        boolean old = false;
        try (JarFile archive = new JarFile(file.toFile())) {
            for (JarEntry entry : Collections.list(archive.entries())) {
                if (entry.getName().matches("META-INF/[^/]+\\.SF")) {
                    return false;
                }
                old |= isClass(entry) && isOld(bytes(archive, entry));
            }
        }
        return old;
    }

    private static boolean isClass(JarEntry entry) {
        return entry.getName().endsWith(".class");
    }

    /** Whether a class file's major version, its third number of 16 bits, is an old one. */
    private static boolean isOld(byte[] file) {
        return ((file[6] & 0xFF) << 8 | file[7] & 0xFF) < FIRST_WITH_STACK_MAPS;
    }

    private static byte[] bytes(JarFile archive, JarEntry entry) throws IOException {
        try (InputStream in = archive.getInputStream(entry)) {
            return in.readAllBytes();
        }
    }

    private static void make(Path file) throws IOException {
        Path modern = Files.createTempFile(file.getParent(), file.getFileName().toString(), ".modern");
        try (JarFile from = new JarFile(file.toFile());
                JarOutputStream to = new JarOutputStream(Files.newOutputStream(modern));
                URLClassLoader classes = new URLClassLoader(new URL[] {file.toUri().toURL()}, null)) {
            ClassFile form = ClassFile.of(
                    GENERATE_STACK_MAPS,
                    NEW_POOL,
                    ClassFile.ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(classes)
                            .orElse(ClassHierarchyResolver.defaultResolver())));
            for (JarEntry entry : Collections.list(from.entries())) {
                byte[] bytes = bytes(from, entry);
                JarEntry copy = new JarEntry(entry.getName());
                copy.setTimeLocal(entry.getTimeLocal());
                to.putNextEntry(copy);
                to.write(isClass(entry) && isOld(bytes) ? modern(form, bytes) : bytes);
                to.closeEntry();
            }
        } catch (IOException | RuntimeException e) {
            Files.delete(modern);
            throw e;
        }
        Files.setPosixFilePermissions(modern, Files.getPosixFilePermissions(file));
        Files.move(modern, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static byte[] modern(ClassFile form, byte[] bytes) {
        ClassModel old = form.parse(bytes);
        return form.transformClass(old, (modern, element) -> {
            if (element instanceof ClassFileVersion) {
                modern.withVersion(ClassFile.latestMajorVersion(), 0);
            } else {
                modern.with(element);
            }
        });
    }
}
