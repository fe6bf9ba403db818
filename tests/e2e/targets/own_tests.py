# SPDX-License-Identifier: BSD-2-Clause
# own_tests.py MODULE...: python's own tests of these modules (where they are installed), one line of results each.
import importlib, os, sys, unittest

for name in sys.argv[1:]:
    try:
        importlib.import_module("test." + name)
    except ImportError:
        print(name, "is not installed")
        continue
    suite = unittest.defaultTestLoader.loadTestsFromName("test." + name)
    r = unittest.TextTestRunner(stream=open(os.devnull, "w"), verbosity=0).run(suite)
    print(name, r.testsRun, sorted(str(t) for t, _ in r.failures + r.errors))
