package dev.cryo.lower.ptx;

import dev.cryo.lower.ptx.ir.Layout;
import dev.cryo.lower.ptx.parse.Syntax;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The variables of a module in global and constant memory: where they lie, managed ones apart, and how they begin. */
final class Variables {
    private final Map<String, GlobalInfo> infos = new LinkedHashMap<>();
    private final VariableImage plain = new VariableImage();
    private final VariableImage managed = new VariableImage();

    private Variables() {
    }

    static Variables layOut(List<Syntax.Variable> module) throws PtxException {
        Variables variables = new Variables();
        List<Syntax.Variable> placed = module.stream()
                .filter(variable -> variable.space().equals(".const") || variable.space().equals(".global"))
                .filter(variable -> !variable.opaque())
                .toList();
        for (Syntax.Variable variable : placed) {
            variables.place(variable);
        }
        variables.plain.complete();
        variables.managed.complete();
        for (Syntax.Variable variable : placed) {
            GlobalInfo info = variables.infos.get(variable.name());
            if (info != null) {
                variables.image(info.managed()).write(variable, Math.toIntExact(info.offset()), variables.infos);
            }
        }
        return variables;
    }

    private VariableImage image(boolean ofManaged) {
        return ofManaged ? managed : plain;
    }

    private void place(Syntax.Variable variable) throws PtxException {
        if (variable.linkage().equals(".extern")) {
            throw PtxException.unsupported(variable.line(), "external variable " + variable.name());
        }
        GlobalInfo info = new GlobalInfo(
                variable.name(),
                variable.space().equals(".const"),
                variable.managed(),
                image(variable.managed()).place(variable),
                Layout.bytes(variable),
                Layout.align(variable));
        if (infos.put(variable.name(), info) != null) {
            throw PtxException.invalid(variable.line(), "variable " + variable.name() + " stands twice");
        }
    }

    List<GlobalInfo> infos() {
        return List.copyOf(infos.values());
    }

    long bytes() {
        return plain.bytes();
    }

    long managedBytes() {
        return managed.bytes();
    }

    /** The names of the managed ones. */
    Set<String> managedNames() {
        return infos.values().stream().filter(GlobalInfo::managed).map(GlobalInfo::name).collect(Collectors.toSet());
    }

    Map<String, Long> addresses(long base, long managedBase) {
        Map<String, Long> addresses = new HashMap<>();
        infos.forEach((name, info) -> addresses.put(name, (info.managed() ? managedBase : base) + info.offset()));
        return Map.copyOf(addresses);
    }

    byte[] image(long base, long managedBase, boolean ofManaged) {
        return image(ofManaged).image(addresses(base, managedBase));
    }

    void initialize(long base, long managedBase) {
        Map<String, Long> addresses = addresses(base, managedBase);
        plain.initialize(base, addresses);
        managed.initialize(managedBase, addresses);
    }
}
