package dev.cryo.proxy.cli;

import java.util.ArrayList;
import java.util.List;

/** A table for people: columns as wide as they need, numbers to the right. */
final class Table {
    private final List<List<String>> rows = new ArrayList<>();

    Table(String... headings) {
        rows.add(List.of(headings));
    }

    void add(Object... cells) {
        rows.add(java.util.Arrays.stream(cells).map(Object::toString).toList());
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        int columns = rows.getFirst().size();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < columns; column++) {
                int width = width(column);
                String cell = row.get(column);
                line.append(column == 0 ? "" : "  ");
                line.append(isNumeric(column) ? " ".repeat(width - cell.length()) + cell : cell)
                        .append(isNumeric(column) ? "" : " ".repeat(width - cell.length()));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }

    private int width(int column) {
        return rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0);
    }

    private boolean isNumeric(int column) {
        return rows.size() > 1
                && rows.stream().skip(1).allMatch(row -> row.get(column).matches("-?[0-9][0-9.,]*( [a-zA-Z]{1,3})?|-"));
    }

    /** A time span in the two units that matter. */
    static String span(long millis) {
        long seconds = millis / 1000;
        if (seconds < 60) {
            return seconds + "s";
        }
        if (seconds < 3600) {
            return seconds / 60 + "m" + seconds % 60 + "s";
        }
        return seconds < 86400
                ? seconds / 3600 + "h" + seconds % 3600 / 60 + "m"
                : seconds / 86400 + "d" + seconds % 86400 / 3600 + "h";
    }
}
