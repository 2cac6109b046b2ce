"""The parts of the script that measure nothing."""

import os
import select
import subprocess
import sys
import unittest
import unittest.mock

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import document
import markdown
import pictures
import processes
import servers
import study
import targets
from parts import ALL_READ, PARTS


def run_of(work, server, figures, x=None, steps=None):
    return {"work": work, "x": x, "server": server, "options": [],
            "command": f"throng-bench {work} --connect tcp://127.0.0.1:5",
            "figures": figures, "steps": steps or {}}


def view_of(*runs):
    return study.View({"date": "2026-11-30", "commit": "c0ffee", "machine": "M",
                       "versions": {}, "failed": [], "runs": list(runs)})


class Parsing(unittest.TestCase):
    REPORT = ("machine cpus=2 processor=\"A B\" kernel=\"Linux 6\"\n"
              "\nstep  count\nsay  3\n\n"
              "scenario=echo step=say count=3 p50_us=1.5\n"
              "scenario=echo peer=throng server_cpu_us=- p50_us=9 failures=0\n"
              "verdict: ok\n")

    def test_figures_and_steps_are_told_apart(self):
        figures, steps = study.parse(self.REPORT)
        self.assertEqual(figures["p50_us"], 9)
        self.assertIsNone(figures["server_cpu_us"])
        self.assertEqual(figures["peer"], "throng")
        self.assertEqual(steps["say"]["p50_us"], 1.5)

    def test_failures_are_the_first_and_the_verdict(self):
        self.assertEqual(
            study.failures("a=1\nfailure: x\nfailure: y\n"
                           "verdict: FAILED (say 2)\n"),
            ["failure: x", "verdict: FAILED (say 2)"])
        self.assertEqual(study.failures("one\ntwo\nthree\nfour"),
                         ["two", "three", "four"])


class Views(unittest.TestCase):
    def test_median_is_of_the_rounds_of_one_server(self):
        view = view_of(*[run_of("w", "redis", {"k": k}) for k in (9, 1, 2)],
                       run_of("w", "nats", {"k": 100}))
        self.assertEqual(view.median("w", "redis", "k"), 2)

    def test_median_of_what_is_not_known_is_none(self):
        view = view_of(run_of("w", "redis", {"k": None}))
        self.assertIsNone(view.median("w", "redis", "k"))
        self.assertIsNone(view.median("other", "redis", "k"))

    def test_curve_is_in_the_order_of_x(self):
        view = view_of(run_of("b", "redis", {"k": 5}, 100),
                       run_of("a", "redis", {"k": 4}, 10),
                       run_of("c", "redis", {}, 1000))
        self.assertEqual(view.curve("redis", "k"), [(10, 4), (100, 5)])


class Texts(unittest.TestCase):
    def test_figure_has_three_digits(self):
        for value, text in ((None, "-"), (0, "0"), (0.03391, "0.0339"),
                            (3.9453, "3.95"), (10, "10.0"), (123.4, "123"),
                            (9850, "9,850"), (19815, "19,800"),
                            (28501645, "28.5 M")):
            self.assertEqual(markdown.figure(value), text)

    def test_best_is_all_that_look_the_same(self):
        self.assertEqual(markdown.best([0.1234, None, 0.12341, 0.2]), {0, 2})
        self.assertEqual(markdown.best([1, 2], more=True), {1})
        self.assertEqual(markdown.best([1, None]), set())

    def test_comparison_has_a_row_for_each_work(self):
        view = view_of(run_of("w", "redis", {"k": 2}),
                       run_of("w", "nats", {"k": 1}),
                       run_of("w", "floor-epoll", {"k": 0.5}))
        text = markdown.compare(
            view, "k", view.servers(), {"redis": "R", "nats": "N",
                                        "floor-epoll": "F"},
            contest=lambda kind: kind != "floor-epoll")
        self.assertEqual(text.splitlines()[0], "|  | R | N | F |")
        self.assertEqual(text.splitlines()[2],
                         "| w | 2.00 | **1.00** | 0.500 |")


class Targets(unittest.TestCase):
    def test_reached_missed_and_not_measured(self):
        found = [targets.Target("a", 2, "s", lambda views: 2),
                 targets.Target("b", 2, "s", lambda views: 2.1),
                 targets.Target("c", 2, "s", lambda views: None)]
        rows = targets.table({}, found).splitlines()[2:]
        self.assertEqual(rows[0], "| a | 2 s | 2.00 s | yes |")
        self.assertEqual(rows[1], "| b | 2 s | 2.10 s | **no** |")
        self.assertEqual(rows[2], "| c | 2 s | - | not measured |")

    def test_every_target_can_do_without_its_part(self):
        self.assertEqual(targets.table({}).count("not measured"),
                         len(targets.TARGETS))


class Pictures(unittest.TestCase):
    def test_names_are_spread_in_order(self):
        moved = pictures.spread([0.5, 0.1, 0.51, 0.52], 0.05)
        self.assertEqual(sorted(range(4), key=lambda i: moved[i]),
                         [1, 0, 2, 3])
        self.assertAlmostEqual(moved[2] - moved[0], 0.05)
        self.assertEqual(moved[1], 0.1)

    def test_name_is_not_written_on_a_curve_that_goes_on(self):
        axis = pictures.Axis("", 0, 100)
        picture = pictures.Picture("", "", axis, axis, [
            ("redis", "short", [(0, 50), (40, 52)]),
            ("nats", "long", [(0, 50), (100, 50)])])
        _, short = pictures.names(picture)[0]
        _, end = pictures.place(picture, (40, 50))
        self.assertAlmostEqual(short - end, pictures.NAME_CLEARANCE)

    def test_ticks_that_would_touch_have_no_text(self):
        ticks = pictures.apart([("10", 10), ("90", 90), ("100", 100)], 10, 100)
        self.assertEqual([text for text, _ in ticks], ["10", "", "100"])

    def test_axis_takes_all_values(self):
        low, high, ticks = pictures.decades([0.034, 2.4])
        self.assertEqual((low, high), (0.02, 5))
        self.assertIn(("0.1", 0.1), ticks)

    def test_every_part_that_has_one_can_be_drawn(self):
        steps = {"deliver": {"p50_us": 1, "p99_us": 2}}
        figures = {"server_cpu_us": 1, "bytes_per_client": 2, "load_s": 1,
                   "start_s": 2}
        for part in PARTS:
            if part.picture:
                view = view_of(
                    run_of(ALL_READ, "throng-uring", figures, 10, steps),
                    run_of("more", "throng-uring", figures, 100, steps))
                self.assertIn("plot", pictures.script(part.picture(view),
                                                      "out.svg"))


class Documents(unittest.TestCase):
    def test_part_without_figures_is_told_without_them(self):
        for part in PARTS:
            for view in (view_of(), view_of(run_of("w", "redis", {}))):
                text = document.section(part, view)
                self.assertNotIn("![", text)

    def test_failures_stand_at_the_top(self):
        view = view_of()
        view.failed = ["members, redis: lost"]
        text = document.write(PARTS, {"members": view})
        self.assertIn("- members, redis: lost", text)

    def test_section_has_commands_without_addresses(self):
        part = next(part for part in PARTS if part.name == "history")
        view = view_of(run_of("w", "throng-uring", {"server_cpu_us": 1}))
        text = document.section(part, view)
        self.assertIn("`throng-bench w`", text)
        self.assertIn("| w | 1.00 |", text)


class Servers(unittest.TestCase):
    def test_programs_that_are_not_installed_are_named(self):
        with unittest.mock.patch("shutil.which", lambda name: None):
            self.assertEqual(servers.missing(["redis", "nats"]),
                             ["redis-server", "nats-server"])
        self.assertEqual(servers.missing([]), [])


class Processes(unittest.TestCase):
    def test_run_tells_status_and_output(self):
        self.assertEqual(processes.run(["sh", "-c", "echo a; exit 3"], 10),
                         (3, "a\n"))

    def test_what_takes_too_long_is_ended(self):
        status, _ = processes.run(["sleep", "60"], 0.05)
        self.assertIsNone(status)

    def test_what_was_started_dies_with_the_script(self):
        script = ("import os, processes, signal\n"
                  "p = processes.start(['sh', '-c', 'echo $$; exec sleep 60'],"
                  " None)\n"
                  "signal.pause()\n")
        with subprocess.Popen(
                [sys.executable, "-c", script], stdout=subprocess.PIPE,
                cwd=os.path.dirname(os.path.abspath(__file__))) as parent:
            pid = int(parent.stdout.readline())
            ended = os.pidfd_open(pid)
            parent.kill()
        gone = select.select([ended], [], [], 10)[0]
        os.close(ended)
        self.assertTrue(gone, f"{pid} lives on")


if __name__ == "__main__":
    unittest.main()
