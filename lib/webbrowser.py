"""Shows web pages in a browser.

    import webbrowser
    webbrowser.open('https://www.python.org')

The environment variable BROWSER, a list separated by os.pathsep, says which browsers are tried
first: names that are registered, or command lines in which %s stands for the URL (those that end
with & are not waited for).
"""
import os
import shlex
import shutil
import subprocess
import sys
import threading

__all__ = ['Error', 'open', 'open_new', 'open_new_tab', 'get', 'register']


class Error(Exception):
    pass


_lock = threading.RLock()
_browsers = {}                  # lower-case name -> [class, instance]; lock: _lock
_tryorder = None                # names, best first; None until first needed; lock: _lock
_os_preferred_browser = None    # what the desktop opens pages with


def register(name, klass, instance=None, *, preferred=False):
    """Make a browser known: *klass*() makes its controller, or *instance* is it.

    With *preferred*, or when it is the default browser of the desktop, it is tried first.
    """
    with _lock:
        if _tryorder is None:
            register_standard_browsers()
        _browsers[name.lower()] = [klass, instance]
        is_default = _os_preferred_browser and f'{name}.desktop' == _os_preferred_browser
        if preferred or is_default:
            _tryorder.insert(0, name)
        else:
            _tryorder.append(name)


def get(using=None):
    """The controller of the browser named *using*, or of the best one.

    *using* may also be the path of a program, or a command line with %s in it.
    """
    if _tryorder is None:
        with _lock:
            if _tryorder is None:
                register_standard_browsers()
    for browser in [using] if using is not None else _tryorder:
        if '%s' in browser:
            words = shlex.split(browser)
            return BackgroundBrowser(words[:-1]) if words[-1] == '&' else GenericBrowser(words)
        try:
            klass, instance = _browsers[browser.lower()]
        except KeyError:
            klass, instance = _synthesize(browser)
        if instance is not None:
            return instance
        if klass is not None:
            return klass()
    raise Error('could not locate runnable browser')


def open(url, new=0, autoraise=True):
    """Show *url*: in the same window (new=0), a new one (1) or a new tab (2), if the browser can.

    Return whether a browser was started, or took the URL.
    """
    if _tryorder is None:
        with _lock:
            if _tryorder is None:
                register_standard_browsers()
    return any(get(name).open(url, new, autoraise) for name in _tryorder)


def open_new(url):
    """Show *url* in a new window of the default browser."""
    return open(url, 1)


def open_new_tab(url):
    """Show *url* in a new tab of the default browser."""
    return open(url, 2)


def _synthesize(browser, *, preferred=False):
    # Another path of a program that is registered: a copy of its controller, with that path.
    name = shutil.which(browser)
    if name is None:
        return [None, None]
    try:
        controller = _browsers[os.path.basename(browser).lower()][1]
    except KeyError:
        return [None, None]
    if controller is None or controller.basename != os.path.basename(browser).lower():
        return [None, None]
    import copy
    controller = copy.copy(controller)
    controller.name = browser
    controller.basename = os.path.basename(browser)
    register(browser, None, instance=controller, preferred=preferred)
    return [None, controller]


class BaseBrowser:
    """What all controllers have; open() is up to the subclass."""

    args = ['%s']

    def __init__(self, name=''):
        self.name = name
        self.basename = name

    def open(self, url, new=0, autoraise=True):
        raise NotImplementedError

    def open_new(self, url):
        return self.open(url, 1)

    def open_new_tab(self, url):
        return self.open(url, 2)

    @staticmethod
    def _check_url(url):
        # It would be an option of the program, for somebody else to choose.
        if url and url.lstrip().startswith('-'):
            raise ValueError(f'Invalid URL (leading dash disallowed): {url!r}')


class GenericBrowser(BaseBrowser):
    """A program that is started and waited for: mostly one for the terminal."""

    def __init__(self, name):
        if isinstance(name, str):
            self.name = name
            self.args = ['%s']
        else:
            # A command line.
            self.name = name[0]
            self.args = name[1:]
        self.basename = os.path.basename(self.name)

    def _command(self, url):
        sys.audit('webbrowser.open', url)
        self._check_url(url)
        return [self.name, *(arg.replace('%s', url) for arg in self.args)]

    def open(self, url, new=0, autoraise=True):
        command = self._command(url)
        try:
            return not subprocess.Popen(command).wait()
        except OSError:
            return False


class BackgroundBrowser(GenericBrowser):
    """A program that is started and left alone."""

    def open(self, url, new=0, autoraise=True):
        command = self._command(url)
        try:
            process = subprocess.Popen(command, close_fds=True, start_new_session=True)
            return process.poll() is None or process.poll() == 0
        except OSError:
            return False


class UnixBrowser(BaseBrowser):
    """A program that hands the URL to an instance of itself that runs already.

    Subclasses say how, in remote_args: %s is the URL, %action one of the remote_action strings.
    raise_opts are the options for not raising and for raising the window. A program that ends
    at once with success has reached the other instance; `background` ones are that themselves.
    """

    raise_opts = None
    background = False
    redirect_stdout = True
    remote_args = ['%action', '%s']
    remote_action = None
    remote_action_newwin = None
    remote_action_newtab = None

    def _invoke(self, args, remote, autoraise, url=None):
        raise_option = []
        if remote and self.raise_opts and self.raise_opts[bool(autoraise)]:
            raise_option = [self.raise_opts[bool(autoraise)]]
        command = [self.name, *raise_option, *args]
        quiet = remote or self.background
        stdin = subprocess.DEVNULL if quiet else None
        output = subprocess.DEVNULL if quiet and self.redirect_stdout else None
        process = subprocess.Popen(command, close_fds=True, stdin=stdin, stdout=output,
                                   stderr=output, start_new_session=True)
        if not remote:
            return process.poll() is None or process.poll() == 0 if self.background else (
                not process.wait())
        try:
            return not process.wait(5)
        except subprocess.TimeoutExpired:
            # It has become the browser.
            return True

    def open(self, url, new=0, autoraise=True):
        sys.audit('webbrowser.open', url)
        self._check_url(url)
        if new == 0:
            action = self.remote_action
        elif new == 1:
            action = self.remote_action_newwin
        elif new == 2:
            action = (self.remote_action_newtab if self.remote_action_newtab is not None
                      else self.remote_action_newwin)
        else:
            raise Error(f"Bad 'new' parameter to open(); expected 0, 1, or 2, got {new}")
        # What the URL itself could turn into must not be an option, either.
        self._check_url(url.replace('%action', action or ''))
        args = [arg.replace('%action', action or '') if arg != '%s' else url
                for arg in (part if part == '%s' else part.replace('%s', url)
                            for part in self.remote_args)]
        args = [arg for arg in args if arg]
        if self._invoke(args, True, autoraise, url):
            return True
        # No instance to reach: start one.
        return self._invoke([arg.replace('%s', url) for arg in self.args], False, False)


class Mozilla(UnixBrowser):
    """Firefox and its relatives."""

    remote_args = ['%action', '%s']
    remote_action = ''
    remote_action_newwin = '-new-window'
    remote_action_newtab = '-new-tab'
    background = True


class Epiphany(UnixBrowser):
    """GNOME Web."""

    raise_opts = ['-noraise', '']
    remote_args = ['%action', '%s']
    remote_action = '-n'
    remote_action_newwin = '-w'
    background = True


class Chrome(UnixBrowser):
    """Google Chrome and others of its kind."""

    remote_args = ['%action', '%s']
    remote_action = ''
    remote_action_newwin = '--new-window'
    remote_action_newtab = ''
    background = True


Chromium = Chrome


class Opera(UnixBrowser):
    remote_args = ['%action', '%s']
    remote_action = ''
    remote_action_newwin = '--new-window'
    remote_action_newtab = ''
    background = True


class Edge(UnixBrowser):
    """Microsoft Edge."""

    remote_args = ['%action', '%s']
    remote_action = ''
    remote_action_newwin = '--new-window'
    remote_action_newtab = ''
    background = True


class Elinks(UnixBrowser):
    """A browser for the terminal that can be told things from outside."""

    remote_args = ['-remote', 'openURL(%s%action)']
    remote_action = ''
    remote_action_newwin = ',new-window'
    remote_action_newtab = ',new-tab'
    background = False
    # It needs the terminal.
    redirect_stdout = False


class Konqueror(BaseBrowser):
    """KDE's browser: through kfmclient, or by itself."""

    def open(self, url, new=0, autoraise=True):
        sys.audit('webbrowser.open', url)
        self._check_url(url)
        action = 'newTab' if new == 2 else 'openURL'
        for command in (['kfmclient', action, url], ['konqueror', '--silent', url],
                        ['kfm', '-d', url]):
            try:
                process = subprocess.Popen(command, close_fds=True, stdin=subprocess.DEVNULL,
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                           start_new_session=True)
            except OSError:
                continue
            if command[0] == 'kfmclient':
                process.wait()
                # Its status tells nothing.
                return True
            return process.poll() is None or process.poll() == 0
        return False


# ---- which ones are there ----

def _register_if_found(name, controller):
    if shutil.which(name):
        register(name, None, controller(name))


def register_X_browsers():
    """Register what is there for a graphical desktop."""
    for name in ('xdg-open', 'gio', 'gnome-open', 'kde-open', 'x-www-browser'):
        if not shutil.which(name):
            continue
        if name == 'gio':
            register(name, None, BackgroundBrowser(['gio', 'open', '--', '%s']))
        elif name == 'gnome-open' and 'GNOME_DESKTOP_SESSION_ID' not in os.environ:
            continue
        elif name == 'kde-open' and 'KDE_FULL_SESSION' not in os.environ:
            continue
        else:
            register(name, None, BackgroundBrowser(name))
    for name in ('firefox', 'iceweasel', 'seamonkey', 'mozilla-firefox', 'mozilla'):
        _register_if_found(name, Mozilla)
    for name in ('kfm', 'konqueror'):
        _register_if_found(name, Konqueror)
    _register_if_found('epiphany', Epiphany)
    for name in ('google-chrome', 'chrome', 'chromium', 'chromium-browser'):
        _register_if_found(name, Chrome)
    _register_if_found('opera', Opera)
    for name in ('microsoft-edge', 'microsoft-edge-beta', 'microsoft-edge-dev'):
        _register_if_found(name, Edge)


def _register_terminal_browsers():
    for name in ('www-browser', 'links', 'lynx', 'w3m'):
        _register_if_found(name, GenericBrowser)
    _register_if_found('elinks', Elinks)


def _ask_desktop():
    # The file name of the desktop entry that opens web pages.
    try:
        answer = subprocess.check_output(['xdg-settings', 'get', 'default-web-browser'],
                                         stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.decode().strip()


def register_standard_browsers():
    """Fill the list of browsers; happens by itself when it is first needed."""
    global _tryorder, _os_preferred_browser
    with _lock:
        _tryorder = []
        if os.environ.get('DISPLAY') or os.environ.get('WAYLAND_DISPLAY'):
            _os_preferred_browser = _ask_desktop()
            register_X_browsers()
        if os.environ.get('TERM'):
            _register_terminal_browsers()
        # The user's own choice goes first, in its order.
        choices = [c for c in os.environ.get('BROWSER', '').split(os.pathsep) if c]
        for command in reversed(choices):
            found = _synthesize(command, preferred=True)
            if found[1] is None and command.lower() in _browsers:
                _tryorder.insert(0, command)
            elif found[1] is None:
                register(command, None, GenericBrowser(shlex.split(command)), preferred=True)


# ---- python -m webbrowser ----

def parse_args(arg_list):
    import argparse

    parser = argparse.ArgumentParser(description='Open URL in a web browser.', color=True)
    parser.add_argument('url', help='URL to open')
    group = parser.add_mutually_exclusive_group()
    group.add_argument('-n', '--new-window', action='store_const', const=1, default=0,
                       dest='new_win', help='open new window')
    group.add_argument('-t', '--new-tab', action='store_const', const=2, default=0,
                       dest='new_win', help='open new tab')
    return parser.parse_args(arg_list)


def main(arg_list=None):
    args = parse_args(arg_list)
    open(args.url, args.new_win)
    print('\a')


if __name__ == '__main__':
    main()
