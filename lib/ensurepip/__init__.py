"""Installs pip, out of the wheel that lies beside this package: nothing is downloaded.

The build puts the wheel there (scripts/setup.sh fetches it). Where the configuration variable
WHEEL_PKG_DIR names a folder with wheels of pip, the newest of those by name is taken instead.
"""
import contextlib
import os
import os.path
import pathlib
import subprocess
import sys
import sysconfig
from importlib import resources

__all__ = ['version', 'bootstrap']

_PIP_VERSION = '25.3'

_wheel_dir = sysconfig.get_config_var('WHEEL_PKG_DIR')
_WHEEL_PKG_DIR = pathlib.Path(_wheel_dir).resolve() if _wheel_dir else None


def _find_wheel_pkg_dir_pip():
    """The wheel in WHEEL_PKG_DIR, or None."""
    if _WHEEL_PKG_DIR is None:
        return None
    try:
        names = os.listdir(_WHEEL_PKG_DIR)
    except OSError:
        return None
    wheels = [name for name in names if name.startswith('pip-') and name.endswith('.whl')]
    return _WHEEL_PKG_DIR / max(wheels) if wheels else None


@contextlib.contextmanager
def _get_pip_whl_path_ctx():
    """The path of the wheel to install, for the time of a with statement."""
    wheel = _find_wheel_pkg_dir_pip()
    if wheel is not None:
        yield wheel
        return
    bundled = resources.files(__package__) / '_bundled' / f'pip-{_PIP_VERSION}-py3-none-any.whl'
    with resources.as_file(bundled) as path:
        yield path


def _get_pip_version():
    with _get_pip_whl_path_ctx() as path:
        # pip-VERSION-py3-none-any.whl
        return path.name.split('-')[1]


def version():
    """The version of pip that bootstrap() installs."""
    return _get_pip_version()


def _run_pip(args, additional_paths=None):
    # In a process of its own, so that nothing of pip stays in this one.
    code = (f'import runpy, sys\n'
            f'sys.path = {additional_paths or []} + sys.path\n'
            f'sys.argv[1:] = {args}\n'
            f'runpy.run_module("pip", run_name="__main__", alter_sys=True)\n')
    command = [sys.executable, '-W', 'ignore::DeprecationWarning', '-c', code]
    if sys.flags.isolated:
        command.insert(1, '-I')
    return subprocess.run(command, check=True).returncode


def _disable_pip_configuration_settings():
    # What the user configured for pip is not meant for this installation of it.
    for key in [key for key in os.environ if key.startswith('PIP_')]:
        del os.environ[key]
    os.environ['PIP_CONFIG_FILE'] = os.devnull


def _verbose(verbosity):
    return ['-' + 'v' * verbosity] if verbosity else []


def bootstrap(*, root=None, upgrade=False, user=False, altinstall=False, default_pip=False,
              verbosity=0):
    """Install pip into the running Python, or below the folder *root*.

    *upgrade* replaces an older one, *user* installs for the user alone. Scripts are called pipX
    and pipX.Y; with *altinstall* only pipX.Y, with *default_pip* also pip. The higher
    *verbosity* (up to 3), the more is told.

    This changes sys.path and os.environ.
    """
    _bootstrap(root=root, upgrade=upgrade, user=user, altinstall=altinstall,
               default_pip=default_pip, verbosity=verbosity)


def _bootstrap(*, root=None, upgrade=False, user=False, altinstall=False, default_pip=False,
               verbosity=0):
    """bootstrap() with pip's exit status as result."""
    if altinstall and default_pip:
        raise ValueError('Cannot use altinstall and default_pip together')
    sys.audit('ensurepip.bootstrap', root)
    _disable_pip_configuration_settings()
    # pip itself looks at this when it names its scripts.
    if altinstall:
        os.environ['ENSUREPIP_OPTIONS'] = 'altinstall'
    elif not default_pip:
        os.environ['ENSUREPIP_OPTIONS'] = 'install'
    with _get_pip_whl_path_ctx() as wheel:
        if not os.path.exists(wheel):
            raise FileNotFoundError(
                f'the wheel of pip is missing: {wheel} (scripts/setup.sh fetches it)')
        args = ['install', '--no-cache-dir', '--no-index', '--find-links', str(wheel.parent)]
        if root:
            args += ['--root', root]
        if upgrade:
            args += ['--upgrade']
        if user:
            args += ['--user']
        return _run_pip([*args, *_verbose(verbosity), 'pip'], [str(wheel)])


def _uninstall_helper(*, verbosity=0):
    """Uninstall pip, if it is the version that bootstrap() installs. pip's exit status."""
    try:
        import pip
    except ImportError:
        return None
    available = version()
    if pip.__version__ != available:
        print(f'ensurepip will only uninstall a matching version ({pip.__version__!r} installed, '
              f'{available!r} available)', file=sys.stderr)
        return None
    _disable_pip_configuration_settings()
    return _run_pip(['uninstall', '-y', '--disable-pip-version-check', *_verbose(verbosity),
                     'pip'])


def _main(argv=None):
    import argparse

    parser = argparse.ArgumentParser(color=True)
    parser.add_argument('--version', action='version', version=f'pip {version()}',
                        help='Show the version of pip that is bundled with this Python.')
    parser.add_argument('-v', '--verbose', action='count', default=0, dest='verbosity',
                        help='Give more output. Option is additive, and can be used up to 3 '
                             'times.')
    parser.add_argument('-U', '--upgrade', action='store_true', default=False,
                        help='Upgrade pip and dependencies, even if already installed.')
    parser.add_argument('--user', action='store_true', default=False,
                        help='Install using the user scheme.')
    parser.add_argument('--root', default=None,
                        help='Install everything relative to this alternate root directory.')
    parser.add_argument('--altinstall', action='store_true', default=False,
                        help='Make an alternate install, installing only the X.Y versioned '
                             'scripts (Default: pipX, pipX.Y).')
    parser.add_argument('--default-pip', action='store_true', default=False,
                        help='Make a default pip install, installing the unqualified pip in '
                             'addition to the versioned scripts.')
    options = parser.parse_args(argv)
    return _bootstrap(root=options.root, upgrade=options.upgrade, user=options.user,
                      verbosity=options.verbosity, altinstall=options.altinstall,
                      default_pip=options.default_pip)
