"""Virtual environments (PEP 405): folders with an interpreter of their own name and an own
site-packages, over the standard library of the installation that made them.

    python -m venv ENV_DIR

Programs use create() or, to change what goes into the environment, a subclass of EnvBuilder.
"""
import logging
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import types

# What --upgrade-deps brings up to date.
CORE_VENV_DEPS = ('pip',)

logger = logging.getLogger(__name__)


class EnvBuilder:
    """Makes environments. create() calls the other methods in turn, each with a context: a
    namespace that ensure_directories() fills.

    system_site_packages  the environment also sees the packages of the installation
    clear                 what is in the folder is deleted first
    symlinks              the interpreter is a link instead of a copy
    upgrade               the environment exists and gets the interpreter that is running
    with_pip              pip is installed into it
    prompt                what the activated shell shows instead of the folder's name; '.' is
                          the name of the current folder
    upgrade_deps          pip is then upgraded from PyPI
    scm_ignore_files      version control systems that shall ignore the folder: {'git'}
    """

    def __init__(self, system_site_packages=False, clear=False, symlinks=False, upgrade=False,
                 with_pip=False, prompt=None, upgrade_deps=False, *,
                 scm_ignore_files=frozenset()):
        self.system_site_packages = system_site_packages
        self.clear = clear
        self.symlinks = symlinks
        self.upgrade = upgrade
        self.with_pip = with_pip
        self.orig_prompt = prompt
        if prompt == '.':
            prompt = os.path.basename(os.getcwd())
        self.prompt = prompt
        self.upgrade_deps = upgrade_deps
        self.scm_ignore_files = frozenset(map(str.lower, scm_ignore_files))

    def create(self, env_dir):
        """Make an environment in the folder *env_dir*."""
        env_dir = os.path.abspath(env_dir)
        context = self.ensure_directories(env_dir)
        for scm in self.scm_ignore_files:
            getattr(self, f"create_{scm}_ignore_file")(context)
        # pip must not find itself in the installation and think that nothing is left to do.
        system_site_packages = self.system_site_packages
        self.system_site_packages = False
        try:
            self.create_configuration(context)
            self.setup_python(context)
            if self.with_pip:
                self._setup_pip(context)
            if not self.upgrade:
                self.setup_scripts(context)
                self.post_setup(context)
        finally:
            self.system_site_packages = system_site_packages
        if system_site_packages:
            self.create_configuration(context)
        if self.upgrade_deps:
            self.upgrade_dependencies(context)

    def clear_directory(self, path):
        """Delete what is in a folder."""
        with os.scandir(path) as entries:
            for entry in list(entries):
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path)
                else:
                    os.remove(entry.path)

    def _venv_path(self, env_dir, name):
        variables = {key: env_dir for key in ('base', 'platbase', 'installed_base',
                                              'installed_platbase')}
        return sysconfig.get_path(name, scheme='venv', vars=variables)

    @classmethod
    def _same_path(cls, path1, path2):
        """Whether two paths name the same place, as far as text tells."""
        return path1 == path2

    def ensure_directories(self, env_dir):
        """Make the folders of an environment, and return its context."""

        def make(folder):
            if not os.path.exists(folder):
                os.makedirs(folder)
            elif os.path.islink(folder) or os.path.isfile(folder):
                raise ValueError('Unable to create directory %r' % folder)

        if os.pathsep in os.fspath(env_dir):
            raise ValueError(f'Refusing to create a venv in {env_dir} because it contains the '
                             f'PATH separator {os.pathsep}.')
        if os.path.exists(env_dir) and self.clear:
            self.clear_directory(env_dir)
        context = types.SimpleNamespace()
        context.env_dir = env_dir
        context.env_name = os.path.split(env_dir)[1]
        context.prompt = self.prompt if self.prompt is not None else context.env_name
        make(env_dir)
        executable = sys._base_executable
        if not executable:
            raise ValueError('Unable to determine path to the running Python interpreter. '
                             'Provide an explicit path or check that your PATH environment '
                             'variable is correctly set.')
        folder, name = os.path.split(os.path.abspath(executable))
        context.executable = executable
        context.python_dir = folder
        context.python_exe = name
        bin_path = self._venv_path(env_dir, 'scripts')
        context.inc_path = self._venv_path(env_dir, 'include')
        context.lib_path = self._venv_path(env_dir, 'purelib')
        for folder in (context.inc_path, context.lib_path):
            make(folder)
        # Some programs write to lib64 without asking.
        if sys.maxsize > 2**32 and os.name == 'posix' and sys.platform != 'darwin':
            link = os.path.join(env_dir, 'lib64')
            if not os.path.exists(link):
                os.symlink('lib', link)
        context.bin_path = bin_path
        context.bin_name = os.path.relpath(bin_path, env_dir)
        context.env_exe = os.path.join(bin_path, name)
        make(bin_path)
        # Folders with links in them: subprocesses are told the real one.
        real = os.path.realpath(context.env_exe) if not os.path.lexists(context.env_exe) else (
            os.path.join(os.path.realpath(bin_path), name))
        context.env_exec_cmd = real if not self._same_path(real, context.env_exe) else (
            context.env_exe)
        return context

    def create_configuration(self, context):
        """Write pyvenv.cfg, which tells the interpreter that it runs in an environment."""
        context.cfg_path = os.path.join(context.env_dir, 'pyvenv.cfg')
        options = [] if self.symlinks else ['--copies']
        if not self.with_pip:
            options.append('--without-pip')
        if self.system_site_packages:
            options.append('--system-site-packages')
        if self.clear:
            options.append('--clear')
        if self.upgrade:
            options.append('--upgrade')
        if self.upgrade_deps:
            options.append('--upgrade-deps')
        if self.orig_prompt is not None:
            options.append(f'--prompt="{self.orig_prompt}"')
        if not self.scm_ignore_files:
            options.append('--without-scm-ignore-files')
        options.append(context.env_dir)
        lines = [
            ('home', context.python_dir),
            ('include-system-site-packages', 'true' if self.system_site_packages else 'false'),
            ('version', '%d.%d.%d' % sys.version_info[:3]),
        ]
        if self.prompt is not None:
            lines.append(('prompt', repr(self.prompt)))
        lines += [
            ('executable', os.path.realpath(sys.executable)),
            ('command', f'{sys.executable} -m venv {" ".join(options)}'),
        ]
        with open(context.cfg_path, 'w', encoding='utf-8') as f:
            f.writelines(f'{key} = {value}\n' for key, value in lines)

    def symlink_or_copy(self, src, dst, relative_symlinks_ok=False):
        """Put an interpreter into the environment, in the way that was asked for."""
        if self.symlinks:
            try:
                if not os.path.islink(dst):
                    # A link to a neighbour survives a move of the environment.
                    os.symlink(os.path.basename(src) if relative_symlinks_ok else src, dst)
                return
            except OSError:
                logger.warning('Unable to symlink %r to %r', src, dst)
        shutil.copyfile(src, dst)

    def setup_python(self, context):
        """Put the interpreter into the environment under its usual names."""
        target = context.env_exe
        if not os.path.islink(target) and os.path.exists(target) and self.symlinks:
            os.remove(target)
        self.symlink_or_copy(context.executable, target)
        if not os.path.islink(target):
            os.chmod(target, 0o755)
        for name in ('python', 'python3', f'python3.{sys.version_info[1]}'):
            path = os.path.join(context.bin_path, name)
            if not os.path.lexists(path):
                # Always links: they cannot be told from the interpreter, and take no room.
                os.symlink(context.python_exe, path)

    def _call_new_python(self, context, *args, **kwargs):
        """Run the environment's interpreter, out of reach of the caller's settings."""
        command = [context.env_exec_cmd, *args]
        environment = kwargs['env'] = os.environ.copy()
        environment['VIRTUAL_ENV'] = context.env_dir
        environment.pop('PYTHONHOME', None)
        environment.pop('PYTHONPATH', None)
        kwargs['cwd'] = context.env_dir
        kwargs['executable'] = context.env_exec_cmd
        subprocess.check_output(command, **kwargs)

    def _setup_pip(self, context):
        self._call_new_python(context, '-m', 'ensurepip', '--upgrade', '--default-pip',
                              stderr=subprocess.STDOUT)

    def setup_scripts(self, context):
        """Install the scripts that activate the environment in a shell."""
        self.install_scripts(context, os.path.join(os.path.dirname(__file__), 'scripts'))

    def post_setup(self, context):
        """For subclasses: called when the environment is complete."""

    def replace_variables(self, text, context):
        """Fill the __VENV_*__ variables of a script in, quoted for its shell.

        Of the context's attribute `script_path`, when there is one, the suffix tells the shell.
        """
        replacements = {
            '__VENV_DIR__': context.env_dir,
            '__VENV_NAME__': context.env_name,
            '__VENV_PROMPT__': context.prompt,
            '__VENV_BIN_NAME__': context.bin_name,
            '__VENV_PYTHON__': context.env_exe,
        }
        suffix = os.path.splitext(getattr(context, 'script_path', ''))[1]
        quote = _quote_csh if suffix == '.csh' else _quote_fish if suffix == '.fish' else (
            shlex.quote)
        for key, value in replacements.items():
            text = text.replace(key, quote(value))
        return text

    def install_scripts(self, context, path):
        """Copy the scripts of path/common and path/posix into the environment, with their
        variables filled in.

        Files that are not text in UTF-8 are copied as they are.
        """
        for part in ('common', os.name):
            source = os.path.join(path, part)
            for folder, subfolders, names in os.walk(source):
                subfolders[:] = [name for name in subfolders if name != '__pycache__']
                target_folder = os.path.normpath(
                    os.path.join(context.bin_path, os.path.relpath(folder, source)))
                os.makedirs(target_folder, exist_ok=True)
                for name in names:
                    self._install_script(context, os.path.join(folder, name),
                                         os.path.join(target_folder, name))

    def _install_script(self, context, source, target):
        with open(source, 'rb') as f:
            data = f.read()
        try:
            context.script_path = source
            data = self.replace_variables(data.decode('utf-8'), context).encode('utf-8')
        except UnicodeError as e:
            logger.warning('unable to copy script %r, may be binary: %s', source, e)
        finally:
            del context.script_path
        with open(target, 'wb') as f:
            f.write(data)
        shutil.copymode(source, target)

    def upgrade_dependencies(self, context):
        """Bring pip up to date, from PyPI."""
        logger.debug('Upgrading %s packages in %s', CORE_VENV_DEPS, context.bin_path)
        self._call_new_python(context, '-m', 'pip', 'install', '--upgrade', *CORE_VENV_DEPS)

    def create_git_ignore_file(self, context):
        """Let git ignore the environment."""
        with open(os.path.join(context.env_dir, '.gitignore'), 'w', encoding='utf-8') as f:
            f.write('# Created by venv; see https://docs.python.org/3/library/venv.html\n*\n')


def _quote_csh(text):
    # Single quotes keep all but themselves, '!' and ends of lines.
    text = text.replace("'", "'\"'\"'").replace('!', '\\!').replace('\n', '\\\n')
    return f"'{text}'"


def _quote_fish(text):
    text = text.replace('\\', '\\\\').replace("'", "\\'")
    return f"'{text}'"


def create(env_dir, system_site_packages=False, clear=False, symlinks=False, with_pip=False,
           prompt=None, upgrade_deps=False, *, scm_ignore_files=frozenset()):
    """Make an environment in *env_dir*; for the other arguments see EnvBuilder."""
    builder = EnvBuilder(system_site_packages=system_site_packages, clear=clear,
                         symlinks=symlinks, with_pip=with_pip, prompt=prompt,
                         upgrade_deps=upgrade_deps, scm_ignore_files=scm_ignore_files)
    builder.create(env_dir)


def main(args=None):
    import argparse

    parser = argparse.ArgumentParser(
        description='Creates virtual Python environments in one or more target directories.',
        epilog='Once an environment has been created, you may wish to activate it, e.g. by '
               'sourcing an activate script in its bin directory.',
        color=True)
    parser.add_argument('dirs', metavar='ENV_DIR', nargs='+',
                        help='A directory to create the environment in.')
    parser.add_argument('--system-site-packages', default=False, action='store_true',
                        dest='system_site', help='Give the virtual environment access to the '
                                                 'system site-packages dir.')
    default_links = os.name != 'nt'
    group = parser.add_mutually_exclusive_group()
    group.add_argument('--symlinks', default=default_links, action='store_true',
                       help='Try to use symlinks rather than copies, when symlinks are not the '
                            'default for the platform.')
    group.add_argument('--copies', default=not default_links, action='store_false',
                       dest='symlinks', help='Try to use copies rather than symlinks, even when '
                                             'symlinks are the default for the platform.')
    parser.add_argument('--clear', default=False, action='store_true',
                        help='Delete the contents of the environment directory if it already '
                             'exists, before environment creation.')
    parser.add_argument('--upgrade', default=False, action='store_true',
                        help='Upgrade the environment directory to use this version of Python, '
                             'assuming Python has been upgraded in-place.')
    parser.add_argument('--without-pip', dest='with_pip', default=True, action='store_false',
                        help='Skips installing or upgrading pip in the virtual environment (pip '
                             'is bootstrapped by default)')
    parser.add_argument('--prompt', help='Provides an alternative prompt prefix for this '
                                         'environment.')
    parser.add_argument('--upgrade-deps', default=False, action='store_true',
                        help=f'Upgrade core dependencies ({", ".join(CORE_VENV_DEPS)}) to the '
                             'latest version in PyPI')
    parser.add_argument('--without-scm-ignore-files', dest='scm_ignore_files',
                        action='store_const', const=frozenset(), default=frozenset(['git']),
                        help='Skips adding SCM ignore files to the environment directory (Git is '
                             'supported by default).')
    options = parser.parse_args(args)
    if options.upgrade and options.clear:
        raise ValueError('you cannot supply --upgrade and --clear together.')
    builder = EnvBuilder(system_site_packages=options.system_site, clear=options.clear,
                         symlinks=options.symlinks, upgrade=options.upgrade,
                         with_pip=options.with_pip, prompt=options.prompt,
                         upgrade_deps=options.upgrade_deps,
                         scm_ignore_files=options.scm_ignore_files)
    for folder in options.dirs:
        builder.create(folder)


if __name__ == '__main__':
    sys.exit(main() or 0)
