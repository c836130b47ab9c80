# Makes aiohttp heed HTTPS_PROXY, which it leaves alone unless trust_env is set, then runs the
# sitecustomize that this file stands in front of, if there is one.
try:
    import os
    import sys
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    class Aiohttp:
        """Finds aiohttp.client as usual, and changes one default once it is loaded."""

        @staticmethod
        def find_spec(name, path=None, target=None):
            if name != "aiohttp.client":
                return None
            spec = PathFinder.find_spec(name, path, target)
            if spec is not None and spec.loader is not None:
                load = spec.loader.exec_module

                def exec_module(module):
                    load(module)
                    try:
                        module.ClientSession.__init__.__kwdefaults__["trust_env"] = True
                    except Exception:
                        pass

                spec.loader.exec_module = exec_module
            return spec

    sys.meta_path.insert(0, Aiohttp)
    here = os.path.dirname(os.path.abspath(__file__))
    others = [path for path in sys.path if os.path.abspath(path or ".") != here]
    following = PathFinder.find_spec("sitecustomize", others)
except Exception:
    following = None
if following is not None and following.loader is not None:
    following.loader.exec_module(module_from_spec(following))
