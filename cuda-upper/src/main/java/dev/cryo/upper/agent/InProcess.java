package dev.cryo.upper.agent;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.control.ControlMessage;
import dev.cryo.streamlog.control.InProcessLowerHalf;
import dev.cryo.upper.gate.DirectChannel;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceLoader;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** A lower half in the application's JVM, in a class loader of its own, with its channel. */
record InProcess(DirectChannel channel, InProcessLowerHalf lowerHalf) {
    private static final String JARS = "lower";

    /**
     * Loads a lower half and attaches it.
     *
     * @param folder the agent's, below which the jars of lower halves are
     * @param device the kind of device, and an option for it behind a colon or none
     * @throws IOException if there is no lower half of that kind
     */
    static InProcess open(Path folder, String device, Consumer<Call> log) throws IOException {
        Path jars = folder.resolve(JARS);
        ClassLoader loader = new URLClassLoader("cryo-lower", urls(jars), InProcess.class.getClassLoader());
        ServiceLoader<InProcessLowerHalf.Provider> found =
                ServiceLoader.load(InProcessLowerHalf.Provider.class, loader);
        List<InProcessLowerHalf.Provider> providers =
                found.stream().map(ServiceLoader.Provider::get).toList();
        String[] kindAndOption = device.split(":", 2);
        for (InProcessLowerHalf.Provider provider : providers) {
            if (provider.device().equals(kindAndOption[0])) {
                DirectChannel channel = new DirectChannel(log);
                String option = kindAndOption.length == 1 ? "" : kindAndOption[1];
                InProcess opened = new InProcess(channel, provider.open(channel, option));
                channel.connect(opened.lowerHalf().lowerHalf());
                opened.attach();
                return opened;
            }
        }
        throw new IOException("no lower half for device " + device + " in " + jars + "; there are "
                + providers.stream().map(InProcessLowerHalf.Provider::device).toList());
    }

    private void attach() throws IOException {
        ControlMessage answer = handle(new ControlMessage.Attach(0, -1, 0));
        if (answer instanceof ControlMessage.Failed failed) {
            throw new IOException(failed.message());
        }
    }

    private static URL[] urls(Path jars) throws IOException {
        if (!Files.isDirectory(jars)) {
            throw new IOException("there are no lower halves to run in-process: no folder " + jars);
        }
        try (Stream<Path> files = Files.list(jars)) {
            List<Path> found = files.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
            URL[] urls = new URL[found.size()];
            for (int i = 0; i < urls.length; i++) {
                urls[i] = found.get(i).toUri().toURL();
            }
            return urls;
        }
    }

    ControlMessage handle(ControlMessage request) {
        return lowerHalf.handle(request);
    }
}
