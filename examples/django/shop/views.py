"""The shop, and its own login: a name and a password."""

from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST


@login_required
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html")


def log_in(request: HttpRequest) -> HttpResponse:
    wrong = False
    if request.method == "POST":
        user = authenticate(request, username=request.POST.get("name"), password=request.POST.get("password"))
        if user is not None:
            login(request, user)
            return redirect("home")
        wrong = True
    return render(request, "log_in.html", {"wrong": wrong})


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("log-in")
